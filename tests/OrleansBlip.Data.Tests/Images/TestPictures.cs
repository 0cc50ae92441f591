using SkiaSharp;

namespace OrleansBlip.Data.Tests.Images;

/// <summary>Small encoded pictures of one colour each.</summary>
internal static class TestPictures
{
    public static byte[] Encode(int width, int height, byte red, SKEncodedImageFormat format = SKEncodedImageFormat.Jpeg)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(new SKColor(red, 60, 90));
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }
}
