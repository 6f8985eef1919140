public import Foundation

/// A picture with a title and a line under it, one of several in a row.
public struct Figure: Sendable {
    public var title, caption: String
    /// The picture; it is drawn without smoothing, so that voxels stay squares.
    public var png: Data

    public init(_ title: String, caption: String = "", png: Data) {
        (self.title, self.caption, self.png) = (title, caption, png)
    }

    var markup: String {
        let source = "data:image/png;base64,\(png.base64EncodedString())"
        let words = element("b", [:], title.escaped) + element("span", [:], caption.escaped)
        return element(
            "figure", [:], "<img alt=\"\(title.escaped)\" src=\"\(source)\">" + element("figcaption", [:], words))
    }
}
