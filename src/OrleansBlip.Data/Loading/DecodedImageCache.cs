using System.Collections.Concurrent;
using OrleansBlip.Data.Images;

namespace OrleansBlip.Data.Loading;

/// <summary>
/// Decoded pictures, up to a number of bytes. What came first stays: an epoch asks for each picture once, so whatever was dropped for a newer one would
/// be missed just as soon.
/// </summary>
internal sealed class DecodedImageCache(long bytesMax)
{
    private readonly ConcurrentDictionary<int, RgbImage> _images = new();
    private long _bytes;

    public bool TryGet(int picture, out RgbImage? image) => _images.TryGetValue(picture, out image);

    public void Add(int picture, RgbImage image)
    {
        if (Interlocked.Add(ref _bytes, image.Pixels.Length) > bytesMax || !_images.TryAdd(picture, image))
            Interlocked.Add(ref _bytes, -image.Pixels.Length);
    }
}
