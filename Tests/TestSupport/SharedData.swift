public import Foundation

/// Real recordings that lie beside a developer's checkout, never inside the project.
///
/// Tests that want them are enabled only where they are, so that a skipped test shows as skipped:
///
///     @Test(.enabled(if: SharedData.holds("tumour"))) func readsARealCase() throws { … }
public enum SharedData {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("../shared/data").standardizedFileURL

    /// Whether the file or folder at `path`, relative to the shared data, is there.
    public static func holds(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: file(path).path)
    }

    /// The place of a file or folder inside the shared data.
    public static func file(_ path: String) -> URL { root.appendingPathComponent(path) }
}
