using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansBlip.Data.Durability;
using OrleansBlip.Grains.Faults;

namespace OrleansBlip.Grains.Training.Checkpoints;

/// <summary>
/// The checkpoints of one run in a folder that all its nodes see. Objects are written by anyone, each under a name of its own, and read back; then the
/// coordinator writes the manifest that lists them; then the file <c>latest</c> moves to the manifest, which is the commit. A writer that dies in
/// between leaves what no reader takes.
/// </summary>
public sealed class CheckpointStore
{
    private const string ManifestSuffix = ".manifest";

    private readonly string _objects, _manifests, _latest;
    private readonly Disk _disk;

    /// <summary>Opens a folder; it is made when it is missing.</summary>
    public CheckpointStore(string folder) : this(folder, Disk.OfSystem)
    {
    }

    internal CheckpointStore(string folder, Disk disk)
    {
        _disk = disk;
        Folder = folder;
        _objects = Path.Combine(folder, "objects");
        _manifests = Path.Combine(folder, "manifests");
        _latest = Path.Combine(folder, "latest");
        Directory.CreateDirectory(_objects);
        Directory.CreateDirectory(_manifests);
        disk.FlushFolder(folder);
    }

    /// <summary>Opens what a job left: its folder, or that of the checkpoints itself.</summary>
    /// <exception cref="CheckpointException">There are no checkpoints.</exception>
    public static CheckpointStore OfJob(string folder)
    {
        string[] places = [Path.Combine(folder, "checkpoints"), folder];
        string? place = Array.Find(places, place => Directory.Exists(Path.Combine(place, "manifests")));
        return place is null ? throw new CheckpointException($"'{folder}' holds no checkpoints.") : new CheckpointStore(place);
    }

    /// <summary>Where the checkpoints lie.</summary>
    public string Folder { get; }

    /// <summary>The name of the manifest that was committed last, or null before the first commit.</summary>
    public string? Latest => File.Exists(_latest) ? File.ReadAllText(_latest).TrimEnd('\n') : null;

    /// <summary>Writes one object, durably and under a fresh name, and reads it back.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="role">What it is, for its name.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="CheckpointException">What was read back is not what was written.</exception>
    public CheckpointObject Put(long step, string role, Action<Stream> write)
    {
        string name = RequireFileName(string.Create(CultureInfo.InvariantCulture, $"{step:D10}-{role}-{Guid.NewGuid():N}")), path = PathOf(name);
        using var sha = SHA256.Create();
        using (var file = DurableFile.Create(path, disk: _disk))
        {
            using (var hashing = new CryptoStream(file.Stream, sha, CryptoStreamMode.Write, leaveOpen: true)) write(hashing);
            file.Commit();
        }
        var written = new CheckpointObject(name, new FileInfo(path).Length, Convert.ToHexStringLower(sha.Hash!));
        Verify(written);
        Failpoints.Pass(Failpoint.ObjectWritten);
        return written;
    }

    /// <summary>Makes a manifest the run's latest checkpoint.</summary>
    /// <param name="manifest">Its sequence must follow that of <paramref name="previous"/>.</param>
    /// <param name="previous">What <see cref="Latest"/> must still be: another commit in the meantime means that this writer was superseded.</param>
    /// <returns>The manifest's name, the next <see cref="Latest"/>.</returns>
    /// <exception cref="CheckpointException">Another checkpoint was committed since, or an object is missing.</exception>
    public string Commit(CheckpointManifest manifest, string? previous)
    {
        if (manifest.Sequence != SequenceOf(previous) + 1)
            throw new CheckpointException($"Checkpoint {manifest.Sequence} does not follow '{previous ?? "none"}'.");
        foreach (var item in manifest.Objects)
        {
            if (!File.Exists(PathOf(item.Name))) throw new CheckpointException($"Object '{item.Name}' is not in '{_objects}'.");
        }
        using var guard = Guard();
        if (Latest != previous)
            throw new CheckpointException($"Checkpoint {manifest.Sequence} was to follow '{previous ?? "none"}', but '{Latest}' was committed meanwhile.");
        string name = string.Create(CultureInfo.InvariantCulture, $"{manifest.Sequence:D8}-step{manifest.Step}-{Guid.NewGuid():N}{ManifestSuffix}");
        Failpoints.Pass(Failpoint.ManifestBefore);
        DurableFile.WriteAllBytes(Path.Combine(_manifests, name), manifest.Encode(), _disk);
        Failpoints.Pass(Failpoint.ManifestAfter);
        DurableFile.WriteAllBytes(_latest, Encoding.UTF8.GetBytes(name + "\n"), _disk);
        Failpoints.Pass(Failpoint.LatestMoved);
        return name;
    }

    /// <summary>
    /// Opens the newest checkpoint whose manifest and objects are all as they were written: the one that <see cref="Latest"/> names if it is good, else
    /// the newest other one.
    /// </summary>
    /// <returns>Null when there is no checkpoint at all.</returns>
    /// <exception cref="CheckpointException">There are checkpoints, and none of them is good.</exception>
    public Checkpoint? OpenNewest()
    {
        var rejected = new List<string>();
        foreach (string name in Manifests())
        {
            try
            {
                return Open(name, rejected);
            }
            catch (IOException cause)
            {
                rejected.Add($"{name}: {cause.Message}");
            }
        }
        return rejected.Count == 0 ? null : throw new CheckpointException($"No checkpoint in '{Folder}' is intact. {string.Join(" ", rejected)}");
    }

    /// <summary>Opens one checkpoint.</summary>
    /// <param name="name">Its manifest's name.</param>
    /// <exception cref="IOException">It is missing, or not as it was written.</exception>
    public Checkpoint Open(string name) => Open(name, []);

    /// <summary>Opens the checkpoint whose manifest has a hash.</summary>
    /// <param name="sha256">As <see cref="Checkpoint.ManifestSha256"/> tells it.</param>
    /// <exception cref="CheckpointException">There is none.</exception>
    /// <exception cref="IOException">It is not as it was written.</exception>
    public Checkpoint OpenBySha256(string sha256)
    {
        foreach (string name in Manifests())
            if (ReadManifest(name).Sha256 == sha256) return Open(name);
        throw new CheckpointException($"'{Folder}' holds no checkpoint whose manifest has the SHA-256 {sha256}.");
    }

    /// <summary>The checkpoint of a step.</summary>
    /// <exception cref="CheckpointException">There is none; the message names those that there are.</exception>
    public Checkpoint OpenOf(long step)
    {
        var steps = Steps();
        string? name = steps.LastOrDefault(found => found.Step == step).Name;
        return name is null
            ? throw new CheckpointException($"There is no checkpoint of step {step} in '{Folder}'{(steps.Length > 0 ? $", only of {string.Join(", ", steps.Select(found => found.Step))}" : "")}.")
            : Open(name);
    }

    /// <summary>The checkpoint of the latest step.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public Checkpoint OpenLast() => FindBefore(long.MaxValue) ?? throw new CheckpointException($"There is no checkpoint in '{Folder}'.");

    /// <summary>The last checkpoint that was written before a step, or at its beginning; null for none.</summary>
    public Checkpoint? FindBefore(long step) => Steps().LastOrDefault(found => found.Step <= step).Name is { } name ? Open(name) : null;

    /// <summary>
    /// Deletes all but the newest <paramref name="keep"/> checkpoints, and objects that no checkpoint needs; those of later steps than the latest
    /// checkpoint's stay, for they may be those of the next one.
    /// </summary>
    public void Prune(int keep)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        var manifests = Manifests();
        if (manifests.Length == 0) return;
        long latestStep = ReadManifest(manifests[0]).Step;
        foreach (string name in manifests.Skip(keep)) File.Delete(Path.Combine(_manifests, name));
        // Manifests go first, durably: a checkpoint that is deleted by half is none.
        _disk.FlushFolder(_manifests);
        var needed = manifests.Take(keep).SelectMany(name => ReadManifest(name).Objects).Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string name in Directory.EnumerateFiles(_objects).Select(path => Path.GetFileName(path)).ToArray())
        {
            if (!needed.Contains(name) && NumberBefore(name, '-') <= latestStep) File.Delete(PathOf(name));
        }
    }

    /// <summary>Where an object lies.</summary>
    internal string PathOf(string name) => Path.Combine(_objects, RequireFileName(name));

    /// <summary>The place of a manifest in the sequence; 0 for none.</summary>
    internal static long SequenceOf(string? manifest) => manifest is null ? 0 : NumberBefore(manifest, '-');

    private static long NumberBefore(string name, char end) => long.TryParse(name.Split(end)[0], CultureInfo.InvariantCulture, out long number)
        ? number
        : throw new CheckpointException($"'{name}' does not start with a number, so it is no part of a checkpoint.");

    private static string RequireFileName(string name) => name.Length > 0 && name[0] != '.' && name == Path.GetFileName(name)
        ? name
        : throw new CheckpointException($"'{name}' cannot be a file of a checkpoint.");

    /// <summary>The latest manifest, then the others, newest first.</summary>
    private string[] Manifests()
    {
        string? latest = Latest;
        return [.. Directory.EnumerateFiles(_manifests, "*" + ManifestSuffix).Select(path => Path.GetFileName(path))
            .OrderByDescending(name => name == latest).ThenByDescending(name => name, StringComparer.Ordinal)];
    }

    /// <summary>All by rising step, of equal ones the latest last.</summary>
    private (string Name, long Step)[] Steps() => [.. Manifests().Reverse().Select(name => (name, ReadManifest(name).Step)).OrderBy(found => found.Step)];

    private Checkpoint Open(string name, IReadOnlyList<string> rejected)
    {
        var manifest = ReadManifest(name);
        foreach (var item in manifest.Objects) Verify(item);
        return Checkpoint.Open(this, name, manifest, rejected);
    }

    private CheckpointManifest ReadManifest(string name)
    {
        string path = Path.Combine(_manifests, RequireFileName(name));
        return CheckpointManifest.Decode(path, File.ReadAllBytes(path));
    }

    private void Verify(CheckpointObject expected)
    {
        string path = PathOf(expected.Name);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        if (stream.Length != expected.Bytes) throw new CheckpointException($"'{path}' has {stream.Length} bytes instead of {expected.Bytes}.");
        string actual = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (actual != expected.Sha256) throw new CheckpointException($"'{path}' has SHA-256 {actual} instead of {expected.Sha256}.");
    }

    private FileStream Guard()
    {
        try
        {
            return new FileStream(_latest + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException cause)
        {
            throw new CheckpointException($"Another writer is committing to '{Folder}' now.", cause);
        }
    }
}
