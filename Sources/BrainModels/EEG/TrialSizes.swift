internal import NeuralNet

/// What the configurations of networks on trials have in common.
enum TrialSizes {
    static func check(channels: Int, samples: Int, classes: Int, dropout: Double) throws(NetworkError) {
        guard (1...4096).contains(channels), (1...1_000_000).contains(samples), (1...4096).contains(classes) else {
            throw .configuration(
                "channels is \(channels), samples \(samples) and classes \(classes), one of them out of range")
        }
        guard (0..<1).contains(dropout) else { throw .configuration("dropout is \(dropout), not from 0 to below 1") }
    }

    static func check(width: Int, heads: Int, blocks: Int) throws(NetworkError) {
        guard (1...65536).contains(width), (1...4096).contains(heads), (0...1024).contains(blocks) else {
            throw .configuration("width is \(width), heads \(heads) and blocks \(blocks), one of them out of range")
        }
        guard width % heads == 0 else { throw .configuration("\(heads) heads do not divide a width of \(width)") }
    }
}
