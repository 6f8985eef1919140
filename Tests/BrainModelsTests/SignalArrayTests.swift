import BrainData
import BrainModels
import NeuralNet
import Testing

@Suite struct SignalArrayTests {
    func array(_ type: ElementType, _ shape: [Int], _ bytes: [UInt8]) -> NumPyArray {
        NumPyArray(entry: TensorEntry(type: type, shape: shape), bytes: bytes)
    }

    @Test func numbersOfEveryTypeAreRead() throws {
        let doubles = [1.5, -2, 1e300, 0.1].map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) }
        let signal = try Signal(array(.float64, [2, 2], doubles), rate: 100)
        #expect(signal.row(1) == [1e300, 0.1] && signal.rate == 100 && signal.channels.map(\.name) == ["1", "2"])
        #expect(try Signal(array(.int16, [1, 2], [0xFE, 0xFF, 1, 1]), rate: 1).values == [-2, 257])
        #expect(try Signal(array(.uint8, [1, 2], [0xFE, 3]), rate: 1).values == [254, 3])
        let singles = [Float(0.5), -3].map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) }
        let epochs = try Epochs(array(.float32, [2, 1, 1], singles), labels: ["a", "b"], rate: 10)
        #expect(epochs.signal(1).values == [-3] && epochs.classes == ["a", "b"])
    }

    @Test func otherShapesAreRefused() {
        #expect(throws: SignalError.self) { try Signal(array(.uint8, [2], [1, 2]), rate: 1) }
        #expect(throws: SignalError.self) { try Signal(array(.bool, [1, 2], [1, 0]), rate: 1) }
        #expect(throws: SignalError.self) { try Epochs(array(.uint8, [1, 1, 2], [1, 2]), labels: [], rate: 1) }
    }
}
