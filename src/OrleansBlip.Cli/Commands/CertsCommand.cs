using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Text.RegularExpressions;
using OrleansBlip.Silo;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>certs create</c>: who is a silo, and who a client.</summary>
internal static partial class CertsCommand
{
    private const string AuthorityName = "ca";

    /// <summary>Describes the command; <paramref name="create"/> does the work and returns the exit code.</summary>
    public static Command Create(Func<CertsCreateRequest, JobConsole, int> create)
    {
        var folder = new Option<DirectoryInfo>("--out", "-o") { Description = "Folder for a folder of each name.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo("certs") };
        var authority = new Option<DirectoryInfo?>("--ca") { Description = $"Folder of the private authority, which is made where there is none; {AuthorityName} in the folder of --out without it.", HelpName = "DIR" };
        var silos = Names("--name", "Nodes to make certificates for.", "NODE");
        var clients = Names("--client", "Clients to make certificates for; silos do not take them for one of their own.", "NAME");
        var addresses = new Option<IPAddress[]>("--address")
        {
            Description = "Addresses at which the nodes named here may be called; without it any.", HelpName = "IP", AllowMultipleArgumentsPerToken = true, CustomParser = ParseAddresses,
        };
        var days = BoundedOptions.Number("--days", "Days for which the certificates are good.", 1, 3650, 365);
        var force = new Option<bool>("--force") { Description = "Replace certificates of the same names, the authority never. Nodes that run take up new ones by themselves." };
        var command = new Command("create", "Make certificates of nodes and clients, and the private authority that signs them.") { folder, authority, silos, clients, addresses, days, force };
        command.Validators.Add(result =>
        {
            string[] named = [.. result.GetValue(silos) ?? [], .. result.GetValue(clients) ?? []];
            if (named.Length == 0) result.AddError("Nobody is named: give --name for nodes, --client for clients.");
            if (named.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice) result.AddError($"'{twice.Key}' is named twice.");
            if (result.GetValue(authority) is null && named.Contains(AuthorityName, StringComparer.OrdinalIgnoreCase)) result.AddError($"'{AuthorityName}' is the authority's folder; choose another name, or give --ca.");
        });
        command.SetAction(result =>
        {
            string target = result.GetValue(folder)!.FullName;
            var request = new CertsCreateRequest
            {
                Out = target,
                Authority = result.GetValue(authority)?.FullName ?? Path.Combine(target, AuthorityName),
                Silos = [.. result.GetValue(silos) ?? []],
                Clients = [.. result.GetValue(clients) ?? []],
                Addresses = [.. result.GetValue(addresses) ?? []],
                Days = result.GetValue(days),
                Force = result.GetValue(force),
            };
            return create(request, JobConsole.For(result));
        });
        return new Command("certs", "Certificates of a cluster.") { command };
    }

    private static Option<string[]> Names(string option, string description, string help)
    {
        var names = new Option<string[]>(option) { Description = description, HelpName = help, AllowMultipleArgumentsPerToken = true };
        names.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Name().IsMatch(token.Value)))
                result.AddError($"{option} is '{token.Value}'; give up to 64 letters, digits, '-', '_' or '.', the first a letter or digit.");
        });
        return names;
    }

    private static IPAddress[] ParseAddresses(ArgumentResult result)
    {
        List<IPAddress> addresses = [];
        foreach (var token in result.Tokens)
        {
            if (IPAddress.TryParse(token.Value, out var address)) addresses.Add(address);
            else result.AddError($"--address is '{token.Value}'; give IP addresses such as 10.0.0.5.");
        }
        return [.. addresses];
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    private static partial Regex Name();
}
