internal import Foundation

extension String {
    /// The text as it may stand inside an element or a quoted attribute of a web page.
    var escaped: String {
        var text = ""
        text.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case "\t", "\n", "\r": text.unicodeScalars.append(scalar)
            case _ where scalar.value < 32 || scalar.value == 127: text += "\u{fffd}"  // not allowed in a page
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// An element with attributes and content that is already escaped.
func element(_ tag: String, _ attributes: [String: String] = [:], _ content: String = "") -> String {
    let list = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\"\($0.value.escaped)\"" }.joined()
    return "<\(tag)\(list)>\(content)</\(tag)>"
}
