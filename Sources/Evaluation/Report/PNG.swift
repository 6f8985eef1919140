internal import CPNG
public import Foundation

/// Pictures as PNG files in memory, 8 bits a pixel, rows from the top.
public enum PNG {
    /// A grey picture, 0 black and 255 white.
    ///
    /// - Precondition: `pixels` fills `width × height`.
    /// - Throws: `EvaluationError.picture` with libpng's own words.
    public static func grey(_ pixels: [UInt8], width: Int, height: Int) throws(EvaluationError) -> Data {
        try encode(pixels, width: width, height: height, format: 0, palette: [])
    }

    /// A picture in colour: red, green and blue of every pixel.
    ///
    /// - Precondition: `pixels` fills `width × height`, three a pixel.
    /// - Throws: `EvaluationError.picture` with libpng's own words.
    public static func colour(_ pixels: [UInt8], width: Int, height: Int) throws(EvaluationError) -> Data {
        try encode(pixels, width: width, height: height, format: PNG_FORMAT_FLAG_COLOR, palette: [], bytes: 3)
    }

    /// A picture in colour: red, green, blue and opacity of every pixel.
    ///
    /// - Precondition: `pixels` fills `width × height`, four a pixel.
    /// - Throws: `EvaluationError.picture` with libpng's own words.
    public static func transparent(_ pixels: [UInt8], width: Int, height: Int) throws(EvaluationError) -> Data {
        try encode(
            pixels, width: width, height: height, format: PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA, palette: [],
            bytes: 4)
    }

    /// A stencil: one colour where a pixel is 1, transparent where it is 0.
    ///
    /// - Precondition: `pixels` fills `width × height` with zeros and ones.
    /// - Throws: `EvaluationError.picture` with libpng's own words.
    public static func stencil(
        _ pixels: [UInt8], width: Int, height: Int, colour: Colour
    ) throws(EvaluationError) -> Data {
        try encode(
            pixels, width: width, height: height,
            format: PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA
                | PNG_FORMAT_FLAG_COLORMAP,
            palette: [0, 0, 0, 0, colour.red, colour.green, colour.blue, 255])
    }

    /// - Parameter bytes: of one pixel.
    private static func encode(
        _ pixels: [UInt8], width: Int, height: Int, format: UInt32, palette: [UInt8], bytes pixelBytes: Int = 1
    ) throws(EvaluationError) -> Data {
        precondition(
            pixels.count == width * height * pixelBytes, "\(pixels.count) bytes do not fill \(width) × \(height)")
        guard width > 0, height > 0, let columns = UInt32(exactly: width), let rows = UInt32(exactly: height) else {
            throw .picture("\(width) × \(height) pixels are no picture")
        }
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        (image.width, image.height, image.format) = (columns, rows, format)
        image.colormap_entries = UInt32(palette.count / 4)
        defer { png_image_free(&image) }

        // Deflate may grow incompressible rows a little, and every chunk of 8 kB adds 12 bytes.
        var bytes = pixels.count + pixels.count / 64 + 16 * height + 8192
        var data = Data(count: bytes)
        let written = data.withUnsafeMutableBytes { buffer in
            png_image_write_to_memory(&image, buffer.baseAddress, &bytes, 0, pixels, 0, palette)
        }
        guard written != 0 else { throw .picture(message(of: image)) }
        return data.prefix(bytes)
    }

    private static func message(of image: png_image) -> String {
        withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// A colour of the screen (sRGB).
public struct Colour: Sendable, Hashable {
    public var red, green, blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { (self.red, self.green, self.blue) = (red, green, blue) }

    /// As in style sheets: `#e69f00`.
    public var hex: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Colours that stay apart for colour-blind readers, on black and on white.
    ///
    /// Okabe and Ito, *Color Universal Design*, 2008, without its black.
    public static let distinct: [Colour] = [
        Colour(230, 159, 0), Colour(86, 180, 233), Colour(0, 158, 115), Colour(213, 94, 0), Colour(204, 121, 167),
        Colour(240, 228, 66), Colour(0, 114, 178),
    ]
}
