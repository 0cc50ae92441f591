using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;

namespace OrleansBlip.Grains.Coordination;

/// <summary>
/// A reminder that calls a coordinator every minute while its work is under way, so that it comes up again after all nodes were lost and whether anybody asks for it or not. A cluster
/// without reminders, in one process with SQLite, does without: it ends with the client that asks.
/// </summary>
/// <param name="grain">The coordinator.</param>
/// <param name="failed">Is told when the reminder cannot be set; it is tried again with the next record.</param>
internal sealed class SafetyNet(Grain grain, Action<string> failed)
{
    private const string Name = "go-on";

    /// <summary>Orleans allows no shorter one.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private bool? _isSet;

    /// <summary>Sets the reminder, or removes it.</summary>
    public async Task SetAsync(IServiceProvider services, bool isUnderWay)
    {
        if (_isSet == isUnderWay || services.GetService<IReminderRegistry>() is null) return;
        try
        {
            if (isUnderWay) await grain.RegisterOrUpdateReminder(Name, Period, Period);
            else if (await grain.GetReminder(Name) is { } reminder) await grain.UnregisterReminder(reminder);
            _isSet = isUnderWay;
        }
        catch (Exception exception)
        {
            failed(exception.GetBaseException().Message);
        }
    }
}
