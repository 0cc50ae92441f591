using System.Runtime.Versioning;
using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Cli.Jobs;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Cli.Tests.Jobs;

[SupportedOSPlatform("linux")]
public sealed class CertsJobTests : IDisposable
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _root = Directory.CreateTempSubdirectory("blip-certs").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Out => Path.Combine(_root, "certs");

    [Fact]
    public void Create_NodesAndAClient_MakesWhatEachNeedsAndTheAuthorityApart()
    {
        Assert.Equal(ExitCode.Ok, Run("--name", "node-1", "node-2", "--client", "me", "--days", "30"));
        Assert.Equal(new CertificateIdentity(CertificateRole.Silo, "node-2"), ClusterCredentials.Load(Path.Combine(Out, "node-2")).Identity);
        var client = ClusterCredentials.Load(Path.Combine(Out, "me"));
        Assert.Equal(new CertificateIdentity(CertificateRole.Client, "me"), client.Identity);
        Assert.InRange(client.ExpiresAt - TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(29), TimeSpan.FromDays(30));
        Assert.Equal(["ca", "me", "node-1", "node-2"], NamesIn(Out));
        Assert.Equal(["ca.crt", "ca.key"], NamesIn(Path.Combine(Out, "ca")));
        Assert.Equal(["ca.crt", "tls.crt", "tls.key"], NamesIn(Path.Combine(Out, "node-1")));
        Assert.Contains("to the machine of node node-1, for its --certificates", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("keep ca.key off the nodes", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Keys_AreTheirOwnersAlone()
    {
        Run("--name", "node-1");
        foreach (string key in new[] { "ca/ca.key", "node-1/tls.key" }) Assert.Equal(OwnersAlone, File.GetUnixFileMode(Path.Combine(Out, key)));
        foreach (string folder in new[] { "ca", "node-1" }) Assert.Equal(OwnersAlone | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Out, folder)));
    }

    [Fact]
    public void Create_Again_AddsToTheSameAuthorityAndReplacesNothing()
    {
        Run("--name", "node-1");
        var before = Files();
        Assert.Equal(ExitCode.Ok, Run("--name", "node-2"));
        Assert.Equal(before, Files().Where(file => !file.Key.Contains("node-2", StringComparison.Ordinal)));
        Assert.Equal(File.ReadAllText(Path.Combine(Out, "node-1", "ca.crt")), File.ReadAllText(Path.Combine(Out, "node-2", "ca.crt")));

        before = Files();
        Assert.Equal(ExitCode.Conflict, Run("--name", "node-3", "node-1"));
        Assert.Contains("node-1' exists; give --force", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Files());
    }

    [Fact]
    public void Create_WithForce_ReplacesTheNamedAndNeverTheAuthority()
    {
        Run("--name", "node-1", "node-2");
        var before = Files();
        Assert.Equal(ExitCode.Ok, Run("--name", "node-1", "--force"));
        var changed = Files().Where(file => before[file.Key] != file.Value).Select(file => Path.GetRelativePath(Out, file.Key)).Order();
        Assert.Equal(["node-1/tls.crt", "node-1/tls.key"], changed);
        Assert.Equal("node-1", ClusterCredentials.Load(Path.Combine(Out, "node-1")).Identity.Name);
        Assert.Equal(OwnersAlone, File.GetUnixFileMode(Path.Combine(Out, "node-1", "tls.key")));
    }

    [Fact]
    public void Create_WithAnAuthorityElsewhere_SignsByIt()
    {
        string elsewhere = Path.Combine(_root, "safe");
        Assert.Equal(ExitCode.Ok, Run("--name", "ca", "--ca", elsewhere, "--json"));
        Assert.Equal(["ca.crt", "ca.key"], NamesIn(elsewhere));
        Assert.Equal(File.ReadAllText(Path.Combine(elsewhere, "ca.crt")), File.ReadAllText(Path.Combine(Out, "ca", "ca.crt")));
        using var json = JsonDocument.Parse(_output.ToString());
        Assert.Equal("silo", json.RootElement.GetProperty("certificates")[0].GetProperty("role").GetString());
    }

    [Fact]
    public void Create_AuthorityWithoutItsKeyOrWithAnothers_IsRefusedAndNothingIsMade()
    {
        Run("--name", "node-1");
        string key = Path.Combine(Out, "ca", "ca.key"), text = File.ReadAllText(key);
        File.Delete(key);
        Assert.Equal(ExitCode.NotFound, Run("--name", "node-2"));
        Assert.Contains("ca.key' is missing", _error.ToString(), StringComparison.Ordinal);
        File.Copy(Path.Combine(Out, "node-1", "tls.key"), key);
        Assert.Equal(ExitCode.Failed, Run("--name", "node-2"));
        Assert.Contains("The authority's key is not its certificate's", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(["ca", "node-1"], NamesIn(Out));
    }

    [Theory]
    [InlineData("Nobody is named")]
    [InlineData("'a' is named twice", "--name", "a", "--client", "a")]
    [InlineData("'ca' is the authority's folder", "--name", "ca")]
    [InlineData("--name is '../a'", "--name", "../a")]
    [InlineData("--address is 'here'", "--name", "a", "--address", "here")]
    [InlineData("--days is 0", "--name", "a", "--days", "0")]
    public void Create_WrongCommandLine_IsNamedAndNothingIsMade(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, Run(arguments));
        Assert.Contains(expected, Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Out));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static string[] NamesIn(string folder) => [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private Dictionary<string, string> Files() => Directory.GetFiles(Out, "*", SearchOption.AllDirectories).Order().ToDictionary(path => path, File.ReadAllText);

    private int Run(params string[] arguments) =>
        CommandRunner.RunAsync(new BlipRootCommand { CertsCommand.Create(CertsJob.Create) }, ["certs", "create", "--out", Out, .. arguments], _output, _error).GetAwaiter().GetResult();
}
