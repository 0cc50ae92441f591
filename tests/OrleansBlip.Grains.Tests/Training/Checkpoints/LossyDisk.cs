using OrleansBlip.Data.Durability;

namespace OrleansBlip.Grains.Tests.Training.Checkpoints;

/// <summary>
/// A disk that keeps only what was flushed, as the worst one does when the power is cut: a file's content as of its last flush, or nothing; a folder's names as of its last flush. kill -9
/// cannot show this, for the system's cache outlives the process.
/// </summary>
internal sealed class LossyDisk(string root) : Disk
{
    private readonly Dictionary<string, Content> _contents = [];
    private readonly Dictionary<string, Dictionary<string, Content>> _names = [];

    /// <summary>Is called after each call, while the power may be cut.</summary>
    public Action? AfterCall { get; set; }

    public override FileStream Create(string path, UnixFileMode? mode)
    {
        _contents[path] = new Content();
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        AfterCall?.Invoke();
        return file;
    }

    public override void Flush(FileStream file)
    {
        file.Flush();
        _contents[file.Name].Flushed = File.ReadAllBytes(file.Name);
        AfterCall?.Invoke();
    }

    public override void Move(string from, string to)
    {
        base.Move(from, to);
        _contents.Remove(from, out var content);
        _contents[to] = content!;
        AfterCall?.Invoke();
    }

    public override void FlushFolder(string folder)
    {
        // Files that did not come through here, locks say, hold nothing worth keeping.
        _names[folder] = Directory.GetFiles(folder).Where(_contents.ContainsKey).ToDictionary(path => path, path => _contents[path]);
        foreach (string child in Directory.GetDirectories(folder)) _names.TryAdd(child, []);
        AfterCall?.Invoke();
    }

    /// <summary>Puts what a power cut leaves into another folder.</summary>
    public void LeaveTo(string folder)
    {
        foreach (var (place, names) in _names)
        {
            string target = Path.Combine(folder, Path.GetRelativePath(root, place));
            Directory.CreateDirectory(target);
            foreach (var (path, content) in names) File.WriteAllBytes(Path.Combine(target, Path.GetFileName(path)), content.Flushed);
        }
    }

    private sealed class Content
    {
        public byte[] Flushed { get; set; } = [];
    }
}
