import NeuralNet
import Testing

@Suite struct TensorTests {
    @Test func valuesGoInAndComeOut() throws {
        let values = waves([2, 3, 4])
        let tensor = try Tensor(values, shape: [2, 3, 4])
        #expect(tensor.shape == [2, 3, 4])
        #expect(tensor.count == 24)
        #expect(tensor.type == .float32)
        #expect(tensor.device == .cpu)
        #expect(try tensor.floats() == values)
        #expect(try tensor.doubles() == values.map(Double.init))
    }

    @Test func aTensorWithoutAxesHoldsOneNumber() throws {
        let tensor = try Tensor([4], shape: [])
        #expect(tensor.shape == [] && tensor.count == 1)
        #expect(try tensor.floats() == [4])
    }

    @Test func aTensorMayBeEmpty() throws {
        let tensor = try Tensor([], shape: [2, 0])
        #expect(tensor.shape == [2, 0] && tensor.count == 0)
        #expect(try tensor.floats().isEmpty)
        #expect(try tensor.sum().floats() == [0])
    }

    @Test(arguments: ElementType.allCases)
    func everyTypeHoldsAndConverts(type: ElementType) throws {
        let tensor = try Tensor(repeating: 1, shape: [3], type: type)
        #expect(tensor.type == type)
        #expect(try tensor.floats() == [1, 1, 1])
        let values = type == .bool ? [Float(0), 1, 1] : [Float(0), 1, 100]
        #expect(try Tensor(values, shape: [3]).converted(to: type).converted(to: .float32).floats() == values)
        var bytes = [UInt8](repeating: 0, count: 3 * type.bytes)
        try bytes.withUnsafeMutableBytes { try tensor.read(as: type, into: $0) }
        #expect(try Tensor(type, shape: [3]) { $0.copyBytes(from: bytes) }.floats() == [1, 1, 1])
    }

    @Test func bfloat16KeepsEightBits() throws {
        let rounded = try Tensor([1.001, 257, 3.14159], shape: [3]).converted(to: .bfloat16).floats()
        #expect(rounded == [1, 256, 3.140625])
    }

    @Test func readingFollowsTheShapeNotTheMemory() throws {
        let turned = try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3]).permuted([1, 0])
        #expect(turned.shape == [3, 2])
        #expect(try turned.floats() == [1, 4, 2, 5, 3, 6])
    }

    @Test func noOperationChangesItsInput() throws {
        let a = try wavy([4]), before = try a.floats()
        _ = try a + a
        _ = try a.relu()
        _ = try a.scaled(by: 3, plus: 2)
        _ = try a.softmax(along: 0)
        #expect(try a.floats() == before)
    }

    @Test func shapesThatDoNotFitAreErrorsThatNameTheOperation() throws {
        let a = try wavy([2, 3]), b = try wavy([4])
        #expect { try a + b } throws: { error in
            guard case NetworkError.engine(let operation, let message) = error else { return false }
            return !operation.isEmpty && message.contains("3") && message.contains("4")
        }
        #expect(throws: NetworkError.self) { try a.matmul(b) }
        #expect(throws: NetworkError.self) { try a.reshaped([4, 2]) }
        #expect(throws: NetworkError.self) { try a.permuted([0, 0]) }
        #expect(throws: NetworkError.self) { try a.narrowed(1, from: 2, length: 2) }
        #expect(throws: NetworkError.self) { try a.selecting(2, along: 0) }
        #expect(throws: NetworkError.self) { try a.softmax(along: 2) }
        #expect(throws: NetworkError.self) { try Tensor.joined([a, b], along: 0) }
        #expect(throws: NetworkError.self) { try a.expanded(to: [5, 3]) }
    }

    @Test func errorsAreOneSentenceWithoutTheEnginesTrace() throws {
        let a = try wavy([2, 3]), b = try wavy([4])
        #expect { try a + b } throws: { !"\($0)".contains("\n") && !"\($0)".contains("frame #") }
    }

    @Test func tensorsAreSharedBetweenTasks() async throws {
        let a = try wavy([100])
        let sums = try await withThrowingTaskGroup(of: Float.self) { group in
            for n in 0..<16 { group.addTask { try a.scaled(by: Double(n)).sum().floats()[0] } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums.count == 16)
        let once = try a.sum().floats()[0]
        #expect(abs(sums.reduce(0, +) - 120 * once) < 1e-2)
    }

    @Test func arraysOfNumPyBecomeTensorsAndBack() throws {
        let tensor = try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
        let array = try NumPyArray(tensor.permuted([1, 0]))
        #expect(array.entry == TensorEntry(type: .float32, shape: [3, 2]))
        #expect(try Tensor(array).floats() == [1, 4, 2, 5, 3, 6])
        let small = try NumPyArray(tensor, as: .uint8)
        #expect(small.bytes == [1, 2, 3, 4, 5, 6])
        #expect(try Tensor(small).type == .uint8)
    }
}
