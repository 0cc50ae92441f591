using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace OrleansBlip.Silo;

/// <summary>Options of a command line whose values have bounds or a form.</summary>
public static class BoundedOptions
{
    /// <summary>A whole number between two bounds, both inclusive.</summary>
    public static Option<int> Number(string name, string description, int least, int most, int value)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        Bound(option, least, most);
        return option;
    }

    /// <summary>Parses an IP address.</summary>
    public static IPAddress? Address(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out var address)) return address;
        result.AddError($"{(result.Parent as OptionResult)?.Option.Name} is '{result.Tokens[0].Value}'; give an IP address such as 10.0.0.5.");
        return null;
    }

    /// <summary>Refuses numbers beyond two bounds, both inclusive.</summary>
    public static void Bound(Option option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var given) && (given < least || given > most))
            result.AddError($"{option.Name} is {given}; give a number from {least} to {most}.");
    });
}
