using System.Text.Json;
using OrleansBlip.Cli.Commands;
using OrleansBlip.Protocol.Security;

namespace OrleansBlip.Cli.Jobs;

/// <summary><c>certs create</c>.</summary>
internal static class CertsJob
{
    private const string AuthorityKeyFile = "ca.key";

    public static int Create(CertsCreateRequest request, JobConsole console)
    {
        CertificateIdentity[] identities = [.. request.Silos.Select(name => new CertificateIdentity(CertificateRole.Silo, name)), .. request.Clients.Select(name => new CertificateIdentity(CertificateRole.Client, name))];
        string FolderOf(CertificateIdentity identity) => Path.Combine(request.Out, identity.Name);
        // All are looked at before one is made: a command that fails has changed nothing.
        if (!request.Force && identities.Select(FolderOf).FirstOrDefault(Path.Exists) is { } taken)
            throw new CommandException(ExitCode.Conflict, $"'{taken}' exists; give --force to replace its certificate, or choose another --out");
        using var authority = OpenAuthority(request.Authority);
        foreach (var identity in identities)
        {
            var issued = authority.Issue(identity, TimeSpan.FromDays(request.Days), identity.Role == CertificateRole.Silo ? request.Addresses : []);
            SecretFolder.Write(
                FolderOf(identity),
                new(ClusterCredentials.KeyFile, issued.Key, IsSecret: true),
                new(ClusterCredentials.AuthorityFile, authority.Certificate, IsSecret: false),
                new(ClusterCredentials.CertificateFile, issued.Certificate, IsSecret: false));
        }
        Tell(request, authority, [.. identities.Select(identity => (identity, ClusterCredentials.Load(FolderOf(identity))))], console);
        return ExitCode.Ok;
    }

    private static CertificateAuthority OpenAuthority(string folder)
    {
        string certificate = Path.Combine(folder, ClusterCredentials.AuthorityFile), key = Path.Combine(folder, AuthorityKeyFile);
        if (!File.Exists(certificate) && !File.Exists(key))
        {
            var made = CertificateAuthority.Create(TimeProvider.System);
            SecretFolder.Write(folder, new(AuthorityKeyFile, made.Key, IsSecret: true), new(ClusterCredentials.AuthorityFile, made.Certificate, IsSecret: false));
        }
        foreach (string file in new[] { certificate, key }.Where(file => !File.Exists(file)))
            throw new CommandException(ExitCode.NotFound, $"'{file}' is missing: an authority is {ClusterCredentials.AuthorityFile} and {AuthorityKeyFile}. Bring it back, or give an empty folder by --ca for a new one");
        return CertificateAuthority.Load(new(File.ReadAllText(certificate), File.ReadAllText(key)), TimeProvider.System);
    }

    private static void Tell(CertsCreateRequest request, CertificateAuthority authority, IReadOnlyList<(CertificateIdentity Identity, ClusterCredentials Credentials)> made, JobConsole console)
    {
        if (console.IsJson)
        {
            var certificates = made.Select(one => new { role = one.Identity.Role.ToString().ToLowerInvariant(), name = one.Identity.Name, folder = one.Credentials.Folder, expiresAt = one.Credentials.ExpiresAt });
            console.OutputText.WriteLine(JsonSerializer.Serialize(new { authority = request.Authority, authorityExpiresAt = authority.ExpiresAt, certificates }, JsonSerializerOptions.Web));
            return;
        }
        foreach (var (identity, credentials) in made)
        {
            string use = identity.Role == CertificateRole.Silo ? $"to the machine of node {identity.Name}, for its --certificates" : $"to client {identity.Name}";
            console.OutputText.WriteLine($"{credentials.Folder}  until {credentials.ExpiresAt:yyyy-MM-dd}: bring it {use}");
        }
        console.OutputText.WriteLine($"{request.Authority}  until {authority.ExpiresAt:yyyy-MM-dd}: keep {AuthorityKeyFile} off the nodes, whoever has it can make certificates");
    }
}
