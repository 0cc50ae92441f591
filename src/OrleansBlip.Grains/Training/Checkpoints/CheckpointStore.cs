using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
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

    /// <summary>The name of the manifest that was committed last, or null where there is none; where the file that says so names none, it is the newest, which readers take too.</summary>
    public string? Latest => Manifests().FirstOrDefault();

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
        var newest = OpenFirst(Manifests(), rejected);
        return newest is null && rejected.Count > 0 ? throw NoneIntact(rejected) : newest;
    }

    /// <summary>Opens one checkpoint.</summary>
    /// <param name="name">Its manifest's name.</param>
    /// <exception cref="IOException">It is missing, or not as it was written.</exception>
    public Checkpoint Open(string name) => Open(name, []);

    /// <summary>Opens the checkpoint whose manifest has a hash; others may be damaged.</summary>
    /// <param name="sha256">As <see cref="Checkpoint.ManifestSha256"/> tells it.</param>
    /// <exception cref="CheckpointException">There is none, or it is damaged; the message names those whose manifests cannot be read.</exception>
    public Checkpoint OpenBySha256(string sha256)
    {
        var unreadable = new List<string>();
        foreach (string name in Manifests())
        {
            if (!IsOf(name, sha256, unreadable)) continue;
            var rejected = new List<string>();
            return OpenFirst([name], rejected)
                ?? throw new CheckpointException($"The checkpoint in '{Folder}' whose manifest has the SHA-256 {sha256} is damaged. {string.Join(" ", rejected)}");
        }
        string suspects = unreadable.Count == 0 ? "" : $" It may be one that is damaged. {string.Join(" ", unreadable)}";
        throw new CheckpointException($"'{Folder}' holds no checkpoint whose manifest has the SHA-256 {sha256}.{suspects}");
    }

    /// <summary>The newest intact checkpoint of a step; others may be damaged.</summary>
    /// <exception cref="CheckpointException">There is none, or all of that step are damaged; the message names the steps that there are.</exception>
    public Checkpoint OpenOf(long step)
    {
        var rejected = new List<string>();
        string[] names = Manifests();
        if (OpenFirst(names.Where(name => StepOf(name) == step), rejected) is { } found) return found;
        long[] steps = [.. names.Select(name => StepOf(name)).Distinct().Where(other => other != step).Order()];
        string others = steps.Length > 0 ? $", only of {string.Join(", ", steps)}" : "";
        throw new CheckpointException(rejected.Count > 0
            ? $"There is no intact checkpoint of step {step} in '{Folder}'{others}. {string.Join(" ", rejected)}"
            : $"There is no checkpoint of step {step} in '{Folder}'{others}.");
    }

    /// <summary>The intact checkpoint of the latest step.</summary>
    /// <exception cref="CheckpointException">There is none, or none is intact.</exception>
    public Checkpoint OpenLast()
    {
        var rejected = new List<string>();
        return FindBefore(long.MaxValue, rejected) ?? throw (rejected.Count > 0 ? NoneIntact(rejected) : new CheckpointException($"There is no checkpoint in '{Folder}'."));
    }

    /// <summary>The last intact checkpoint that was written before a step, or at its beginning; null for none.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rejected">Takes the damaged ones that were passed over, each with the reason; null where nobody wants them but in <see cref="Checkpoint.Rejected"/>.</param>
    public Checkpoint? FindBefore(long step, List<string>? rejected = null) =>
        OpenFirst(Manifests().Where(name => StepOf(name) <= step).OrderByDescending(name => StepOf(name)), rejected ?? []);

    /// <summary>
    /// Deletes what is older than the newest <paramref name="keep"/> intact checkpoints, and objects that no checkpoint needs; those of later steps than the latest
    /// checkpoint's stay, for they may be those of the next one. A damaged checkpoint counts for none, and goes with those that are as old. Reads all that it keeps.
    /// </summary>
    /// <param name="keep">Intact checkpoints to keep, 1 or more. Where there are fewer, every checkpoint stays.</param>
    /// <returns>Damaged checkpoints that stay, each with the reason.</returns>
    public IReadOnlyList<string> Prune(int keep)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        string[] names = Manifests();
        if (names.Length == 0) return [];
        var (kept, damaged) = (new List<string>(), new List<string>());
        foreach (string name in names)
        {
            if (kept.Count - damaged.Count == keep) break;
            kept.Add(name);
            if (OpenFirst([name], damaged) is { } intact) intact.Dispose();
        }
        foreach (string name in names.Skip(kept.Count)) File.Delete(Path.Combine(_manifests, name));
        // Manifests go first, durably: a checkpoint that is deleted by half is none.
        _disk.FlushFolder(_manifests);
        var isNeeded = NeededBy(kept);
        foreach (string name in Directory.EnumerateFiles(_objects).Select(path => Path.GetFileName(path)).ToArray())
        {
            if (NumberIn(name.Split('-')[0]) <= StepOf(names[0]) && !isNeeded(name)) File.Delete(PathOf(name));
        }
        return damaged;
    }

    /// <summary>Deletes objects of a checkpoint that came to nothing, except what a manifest names, or may have named.</summary>
    /// <param name="objects">Their names; those that are gone already do no harm.</param>
    public void Discard(IEnumerable<string> objects)
    {
        var isNeeded = NeededBy(Manifests());
        foreach (string name in objects.Where(name => !isNeeded(name))) File.Delete(PathOf(name));
    }

    /// <summary>Where an object lies.</summary>
    internal string PathOf(string name) => Path.Combine(_objects, RequireFileName(name));

    /// <summary>The place of a manifest in the sequence; 0 for none.</summary>
    internal static long SequenceOf(string? manifest) => manifest is null ? 0 : PlaceOf(manifest)?.Sequence
        ?? throw new CheckpointException($"'{manifest}' is no name of a manifest, which starts with a number in the sequence and a step.");

    /// <summary>A manifest that cannot be read any more still says by its name of which step it was.</summary>
    private static (long Sequence, long Step)? PlaceOf(string manifest) =>
        manifest.Split('-') is [var first, ['s', 't', 'e', 'p', .. var second], ..] && NumberIn(first) is { } sequence && NumberIn(second) is { } step ? (sequence, step) : null;

    private static long StepOf(string manifest) => PlaceOf(manifest)!.Value.Step;

    private static long? NumberIn(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string RequireFileName(string name) => name.Length > 0 && name[0] != '.' && name == Path.GetFileName(name)
        ? name
        : throw new CheckpointException($"'{name}' cannot be a file of a checkpoint.");

    // What else than a broken file may come of one: it is another's, or written by another version.
    private static bool IsDamage(Exception cause) => cause is IOException or UnauthorizedAccessException or InvalidDataException or JsonException;

    private CheckpointException NoneIntact(List<string> rejected) =>
        new($"No checkpoint in '{Folder}' is intact. {string.Join(" ", rejected)} Put back what is missing, or choose another folder.");

    /// <summary>The latest manifest, then the others, newest first. Files of other names are nobody's.</summary>
    private string[] Manifests()
    {
        string? latest = File.Exists(_latest) ? File.ReadAllText(_latest).TrimEnd('\n') : null;
        return [.. Directory.EnumerateFiles(_manifests, "*" + ManifestSuffix).Select(path => Path.GetFileName(path)).Where(name => PlaceOf(name) is not null)
            .OrderByDescending(name => name == latest).ThenByDescending(name => name, StringComparer.Ordinal)];
    }

    /// <summary>The first that is intact, or null; those before it are noted.</summary>
    private Checkpoint? OpenFirst(IEnumerable<string> names, List<string> rejected)
    {
        foreach (string name in names)
        {
            try
            {
                return Open(name, rejected);
            }
            catch (Exception cause) when (IsDamage(cause))
            {
                rejected.Add($"{name}: {cause.Message}");
            }
        }
        return null;
    }

    private bool IsOf(string name, string sha256, List<string> unreadable)
    {
        try
        {
            return ReadManifest(name).Sha256 == sha256;
        }
        catch (Exception cause) when (IsDamage(cause))
        {
            unreadable.Add($"{name}: {cause.Message}");
            return false;
        }
    }

    /// <summary>Tells of an object whether one of these manifests names it, or may have when it could still be read.</summary>
    private Predicate<string> NeededBy(IEnumerable<string> manifests)
    {
        var (needed, stepsOfUnreadable) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<long>());
        foreach (string name in manifests)
        {
            try
            {
                needed.UnionWith(ReadManifest(name).Objects.Select(item => item.Name));
            }
            catch (Exception cause) when (IsDamage(cause))
            {
                // Its objects may be whole, for whoever can mend it.
                stepsOfUnreadable.Add(StepOf(name));
            }
        }
        return name => needed.Contains(name) || (NumberIn(name.Split('-')[0]) is { } step && stepsOfUnreadable.Contains(step));
    }

    private Checkpoint Open(string name, IReadOnlyList<string> rejected)
    {
        var manifest = ReadManifest(name);
        foreach (var item in manifest.Objects) Verify(item);
        return Checkpoint.Open(this, name, manifest, [.. rejected]);
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
