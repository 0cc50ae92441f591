using System.Buffers.Binary;
using CsCheck;
using OrleansBlip.Data.Images;
using SkiaSharp;

namespace OrleansBlip.Data.Tests.Images;

public class ImageDecoderTests
{
    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Decode_EachFormat_GivesTheSizeAndColour(SKEncodedImageFormat format)
    {
        var image = ImageDecoder.Decode(TestPictures.Encode(20, 10, 200, format), "x");
        Assert.Equal((20, 10), (image.Width, image.Height));
        Assert.InRange(image.Pixels[0], 195, 205);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Decode_CutPicture_ThrowsWithItsName(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(64, 64);
        for (var i = 0; i < 64 * 64; i++)
            bitmap.SetPixel(i % 64, i / 64, new SKColor((byte)(i * 31), (byte)(i * 17), (byte)(i * 7)));
        var bytes = bitmap.Encode(format, 95).ToArray();
        for (var length = 0; length < bytes.Length - 16; length += 61)
            Assert.Equal("web/7", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes.AsSpan(0, length), "web/7")).Name);
    }

    [Theory]
    [InlineData(60_000, 60_000)]
    [InlineData(16_385, 1)]
    [InlineData(5_001, 5_000)]
    public void Decode_HugeHeader_ThrowsBeforeAllocating(int width, int height)
    {
        // A PNG's size stands in bytes 16 to 23, guarded by a checksum over its header.
        var bytes = TestPictures.Encode(4, 4, 1, SKEncodedImageFormat.Png);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(29), Crc32(bytes.AsSpan(12, 17)));
        Assert.Equal(ImageDefect.TooLarge, Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes, "bomb")).Defect);
    }

    [Fact]
    public void Decode_OtherFormats_Throws() =>
        Assert.Equal(ImageDefect.UnknownFormat, Assert.Throws<ImageException>(() => ImageDecoder.Decode("GIF89a"u8, "x")).Defect);

    [Fact]
    public void Decode_GarbledPictures_ThrowsNothingButImageExceptions()
    {
        var whole = new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp }
            .Select(format => TestPictures.Encode(32, 32, 90, format)).ToArray();
        Gen.Select(Gen.Int[0, 2], Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 6]).Sample((which, changes) =>
        {
            var bytes = (byte[])whole[which].Clone();
            foreach (var (offset, value) in changes)
                bytes[offset % bytes.Length] = value;
            try
            {
                ImageDecoder.Decode(bytes, "x");
            }
            catch (ImageException)
            {
            }
        }, iter: 2_000, threads: 1);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }
        return ~crc;
    }
}
