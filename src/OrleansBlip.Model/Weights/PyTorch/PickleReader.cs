using System.Buffers.Binary;
using System.Text;

namespace OrleansBlip.Model.Weights.PyTorch;

/// <summary>
/// Reads the pickle of a PyTorch checkpoint as data: a pickle is a program, and of all that it could call this knows the rebuilding of tensors and of
/// ordered dictionaries. Whatever else it names is refused. Protocols 2 to 5.
/// </summary>
/// <param name="pickle">The pickle, or several one after the other.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="start">Where the first begins.</param>
internal sealed class PickleReader(ReadOnlyMemory<byte> pickle, string path, int start = 0)
{
    /// <summary>The longest pickle that is read.</summary>
    public const int BytesMax = 64 << 20;

    private static readonly object Mark = new();

    private readonly Stack<object?> _stack = new();
    private readonly Dictionary<long, object?> _memo = [];
    private int _position = start;

    /// <summary>Where the last pickle ended.</summary>
    public int Position => _position;

    /// <summary>The storages that were referred to, by key.</summary>
    public Dictionary<string, PickledStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>The next pickled value: a string, long, double, bool, null, list, array (of a tuple), dictionary or <see cref="PickledTensor"/>.</summary>
    /// <exception cref="PyTorchFileException">It is damaged, or holds something else.</exception>
    public object? Read()
    {
        _stack.Clear();
        _memo.Clear();
        try
        {
            while (true)
            {
                var op = (char)Byte();
                if (op == '.') return Pop();
                if (!Push(op) && !Collect(op) && !Recall(op) && !Call(op))
                    throw Refuse($"its pickle has an instruction that no checkpoint of tensors needs (0x{(int)op:x2} at byte {_position - 1}).");
            }
        }
        catch (Exception error) when (error is InvalidOperationException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw Refuse($"its pickle is damaged near byte {_position}: {error.Message}", error);
        }
    }

    // Instructions that put a plain value onto the stack.
    private bool Push(char op)
    {
        switch (op)
        {
            case '\x80': Byte(); return true; // protocol
            case '\x95': Take(8); return true; // frame
            case 'N': _stack.Push(null); return true;
            case '\x88': _stack.Push(true); return true;
            case '\x89': _stack.Push(false); return true;
            case 'J': _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); return true;
            case 'K': _stack.Push((long)Byte()); return true;
            case 'M': _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); return true;
            case '\x8a': _stack.Push(Long(Take(Byte()))); return true;
            case 'G': _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); return true;
            case 'X': _stack.Push(Text(checked((int)BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))); return true;
            case '\x8c': _stack.Push(Text(Byte())); return true;
            case 'c': _stack.Push(new PickledGlobal(Line(), Line())); return true;
            default: return false;
        }
    }

    // Tuples, lists and dictionaries.
    private bool Collect(char op)
    {
        switch (op)
        {
            case '(': _stack.Push(Mark); return true;
            case ')': _stack.Push(Array.Empty<object?>()); return true;
            case ']': _stack.Push(new List<object?>()); return true;
            case '}': _stack.Push(NewDictionary()); return true;
            case 't': _stack.Push(PopToMark()); return true;
            case '\x85': _stack.Push(PopMany(1)); return true;
            case '\x86': _stack.Push(PopMany(2)); return true;
            case '\x87': _stack.Push(PopMany(3)); return true;
            case 'a': Append(PopMany(1)); return true;
            case 'e': Append(PopToMark()); return true;
            case 's': SetItems(PopMany(2)); return true;
            case 'u': SetItems(PopToMark()); return true;
            default: return false;
        }
    }

    private bool Recall(char op)
    {
        switch (op)
        {
            case 'q': _memo[Byte()] = _stack.Peek(); return true;
            case 'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = _stack.Peek(); return true;
            case '\x94': _memo[_memo.Count] = _stack.Peek(); return true;
            case 'h': _stack.Push(Remembered(Byte())); return true;
            case 'j': _stack.Push(Remembered(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); return true;
            case '0': Pop(); return true;
            default: return false;
        }
    }

    private bool Call(char op)
    {
        switch (op)
        {
            case '\x93':
                var names = PopMany(2);
                _stack.Push(new PickledGlobal(As<string>(names[0]), As<string>(names[1])));
                return true;
            case 'Q':
                _stack.Push(Storage(As<object?[]>(Pop())));
                return true;
            case '\x81':
                Pop();
                throw Unknown(As<PickledGlobal>(Pop()));
            case 'R':
                var arguments = As<object?[]>(Pop());
                _stack.Push(Rebuild(As<PickledGlobal>(Pop()), arguments));
                return true;
            case 'b':
                // An ordered dictionary's attributes, which hold versions of modules.
                Pop();
                if (_stack.Peek() is not Dictionary<object, object?>) throw Refuse("its pickle gives attributes to something that is no dictionary.");
                return true;
            default:
                return false;
        }
    }

    private object Rebuild(PickledGlobal function, object?[] arguments) => (function.Module, function.Name) switch
    {
        ("collections", "OrderedDict") when arguments.Length == 0 => NewDictionary(),
        ("torch._utils", "_rebuild_tensor_v2" or "_rebuild_tensor") => Tensor(arguments),
        ("torch._utils", "_rebuild_parameter") => As<PickledTensor>(arguments[0]),
        _ => throw Unknown(function),
    };

    private PyTorchFileException Unknown(PickledGlobal made) =>
        Refuse($"its pickle calls {made}, which is neither a tensor nor an ordered dictionary. Save the state_dict alone, torch.save({{\"model\": checkpoint[\"model\"]}}, path).");

    private PickledTensor Tensor(object?[] arguments)
    {
        var tensor = new PickledTensor(As<PickledStorage>(arguments[0]), As<long>(arguments[1]), Longs(arguments[2]), Longs(arguments[3]));
        if (tensor.Offset < 0 || tensor.Shape.Length != tensor.Strides.Length || tensor.Shape.Concat(tensor.Strides).Any(side => side < 0) || tensor.End > tensor.Storage.Length)
            throw Refuse($"a tensor of shape [{string.Join(", ", tensor.Shape)}] reaches beyond its storage '{tensor.Storage.Key}' of {tensor.Storage.Length} elements.");
        return tensor;
    }

    // ('storage', class, key, device, length), and before PyTorch 1.6 a view of another storage, which nobody has written for long.
    private PickledStorage Storage(object?[] id)
    {
        if (id is ["module", PickledGlobal module, ..]) throw Unknown(module);
        if (id is not (["storage", PickledGlobal { Module: "torch" }, string, string, long] or ["storage", PickledGlobal { Module: "torch" }, string, string, long, null]))
            throw Refuse("its pickle refers to something that is no storage of a tensor.");
        var (kind, key, length) = ((PickledGlobal)id[1]!, (string)id[2]!, (long)id[4]!);
        TensorDtype dtype = kind.Name switch
        {
            "FloatStorage" => TensorDtype.F32,
            "DoubleStorage" => TensorDtype.F64,
            "HalfStorage" => TensorDtype.F16,
            "BFloat16Storage" => TensorDtype.BF16,
            "LongStorage" => TensorDtype.I64,
            "IntStorage" => TensorDtype.I32,
            "ByteStorage" => TensorDtype.U8,
            "BoolStorage" => TensorDtype.BOOL,
            _ => throw Refuse($"it holds a {kind}; of these no element is read here."),
        };
        return Storages[key] = new PickledStorage(dtype, key, length);
    }

    private void Append(object?[] items) => As<List<object?>>(_stack.Peek()).AddRange(items);

    private void SetItems(object?[] items)
    {
        var dictionary = As<Dictionary<object, object?>>(_stack.Peek());
        for (var i = 0; i < items.Length; i += 2) dictionary[items[i] ?? "None"] = items[i + 1];
    }

    private object? Pop() => _stack.Pop() is var top && top == Mark ? throw new InvalidOperationException("a mark stands where a value is wanted.") : top;

    private object?[] PopMany(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--) items[i] = Pop();
        return items;
    }

    private object?[] PopToMark()
    {
        var items = new List<object?>();
        for (var top = _stack.Pop(); top != Mark; top = _stack.Pop()) items.Add(top);
        items.Reverse();
        return [.. items];
    }

    private object? Remembered(long key) => _memo.TryGetValue(key, out var value) ? value : throw new InvalidOperationException($"nothing is remembered as {key}.");

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = pickle.Span.Slice(_position, count);
        _position += count;
        return taken;
    }

    private string Text(int bytes) => Encoding.UTF8.GetString(Take(bytes));

    private string Line()
    {
        var length = pickle.Span[_position..].IndexOf((byte)'\n');
        if (length < 0) throw new InvalidOperationException("a name does not end.");
        var line = Text(length);
        _position++;
        return line;
    }

    private PyTorchFileException Refuse(string what, Exception? cause = null) => new(path, what, cause);

    private static T As<T>(object? value) => value is T wanted ? wanted : throw new InvalidOperationException($"{value?.GetType().Name ?? "nothing"} stands where {typeof(T).Name} is wanted.");

    private static Dictionary<object, object?> NewDictionary() => [];

    private static long[] Longs(object? tuple) => [.. As<object?[]>(tuple).Select(As<long>)];

    private static long Long(ReadOnlySpan<byte> bytes) => checked((long)new System.Numerics.BigInteger(bytes));
}
