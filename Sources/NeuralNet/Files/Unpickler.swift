/// Reads a pickle as data. A pickle is a program for a small stack machine; this machine has no instruction that could
/// import, call or construct anything beyond containers and tensors.
///
/// Every instruction takes at least one byte and makes at most one value, so memory follows the pickle's length, which
/// is limited. Values are moved, never copied, from one container into another.
struct Unpickler {
    static let longestPickle = 32 << 20
    static let mostTensors = 200_000

    var objects = PickleObjects()
    private var cursor: ByteCursor
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [UInt32: PickleValue] = [:]

    /// Runs a whole pickle and gives the value that it leaves behind, checked for loops.
    static func value(of pickle: UnsafeRawBufferPointer) throws(FileFault) -> (PickleValue, PickleObjects) {
        guard pickle.count <= longestPickle else {
            throw FileFault("expected a pickle of at most \(longestPickle >> 20) MB, found \(pickle.count) bytes")
        }
        var machine = Unpickler(cursor: ByteCursor(pickle))
        do throws(FileFault) {
            while try machine.step() {}
            let top = try machine.pop()
            guard machine.stack.isEmpty else { throw FileFault("\(machine.stack.count) values are left over") }
            try machine.objects.checkNesting(of: top)
            return (top, machine.objects)
        } catch {
            throw FileFault("its pickle is refused at byte \(machine.cursor.position): \(error.why)")
        }
    }

    private init(cursor: ByteCursor) { self.cursor = cursor }

    /// Does one instruction; false after the last.
    private mutating func step() throws(FileFault) -> Bool {
        let code = try cursor.number(UInt8.self)
        guard let opcode = PickleOpcode(rawValue: code) else {
            throw FileFault("the instruction 0x\(String(code, radix: 16)) is none that torch.save uses")
        }
        switch opcode {
        case .stop: return false
        case .proto:
            let version = try cursor.number(UInt8.self)
            guard (2...5).contains(version) else { throw FileFault("expected protocol 2 to 5, found \(version)") }
        case .frame: _ = try cursor.number(UInt64.self)
        case .mark: marks.append(stack.count)
        case .pop: _ = try pop()
        case .popMark: _ = try popToMark()
        case .dup: stack.append(try peek())
        case .binPut: memo[UInt32(try cursor.number(UInt8.self))] = try peek()
        case .longBinPut: memo[try cursor.number(UInt32.self)] = try peek()
        case .memoize: memo[UInt32(memo.count)] = try peek()
        case .binGet: try recall(UInt32(cursor.number(UInt8.self)))
        case .longBinGet: try recall(cursor.number(UInt32.self))
        case .global:
            let module = try cursor.line()
            stack.append(try PickleCallable.named(module, cursor.line()))
        case .stackGlobal:
            guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
                throw FileFault("expected the name of a class, found another value")
            }
            stack.append(try PickleCallable.named(module, name))
        case .reduce, .newObject:
            let arguments = try pop()
            stack.append(try objects.call(pop(), arguments))
        case .build: try build()
        case .binPersistentID: stack.append(try objects.storage(pop()))
        default:
            if try !scalar(opcode) { try container(opcode) }
        }
        return true
    }

    /// Pushes a number, a text or a truth value; false if the instruction makes a container.
    private mutating func scalar(_ opcode: PickleOpcode) throws(FileFault) -> Bool {
        switch opcode {
        case .none: stack.append(.none)
        case .newTrue: stack.append(.bool(true))
        case .newFalse: stack.append(.bool(false))
        case .binInt: stack.append(.integer(Int(try cursor.number(Int32.self))))
        case .binInt1: stack.append(.integer(Int(try cursor.number(UInt8.self))))
        case .binInt2: stack.append(.integer(Int(try cursor.number(UInt16.self))))
        case .long1: stack.append(long(try cursor.take(Int(cursor.number(UInt8.self)))))
        case .long4: stack.append(long(try cursor.take(Int(cursor.number(Int32.self)))))
        case .binFloat:
            _ = try cursor.take(8)
            stack.append(.other)
        case .binUnicode, .binString: stack.append(.string(try cursor.text(lengthAs: UInt32.self)))
        case .shortBinUnicode, .shortBinString: stack.append(.string(try cursor.text(lengthAs: UInt8.self)))
        case .binUnicode8: stack.append(.string(try cursor.text(lengthAs: UInt64.self)))
        case .shortBinBytes: try passOver(cursor.number(UInt8.self))
        case .binBytes: try passOver(cursor.number(UInt32.self))
        case .binBytes8, .byteArray8: try passOver(cursor.number(UInt64.self))
        default: return false
        }
        return true
    }

    private mutating func container(_ opcode: PickleOpcode) throws(FileFault) {
        switch opcode {
        case .emptyTuple, .emptyList, .emptySet: stack.append(objects.add(sequence: []))
        case .tuple, .list, .frozenSet: stack.append(objects.add(sequence: try popToMark()))
        case .tuple1: stack.append(objects.add(sequence: try pop(1)))
        case .tuple2: stack.append(objects.add(sequence: try pop(2)))
        case .tuple3: stack.append(objects.add(sequence: try pop(3)))
        case .append: try append(pop(1))
        case .appends, .addItems: try append(popToMark())
        case .emptyDict: stack.append(objects.addDictionary())
        case .dict:
            let items = try popToMark()
            stack.append(objects.addDictionary())
            try setItems(items)
        case .setItem: try setItems(pop(2))
        case .setItems: try setItems(popToMark())
        default: throw FileFault("the instruction \(opcode) is out of place")
        }
    }

    /// A dictionary's own attributes, such as the `_metadata` of a state dict, are dropped; nothing else may have any.
    private mutating func build() throws(FileFault) {
        let state = try pop()
        guard case .dictionary = state, case .dictionary = try peek() else {
            throw FileFault("it sets attributes of \(try peek().kind), which only a class could need")
        }
    }

    private mutating func append(_ values: [PickleValue]) throws(FileFault) {
        guard case .sequence(let index) = try peek() else { throw FileFault("it appends to \(try peek().kind)") }
        objects.sequences[index].append(contentsOf: values)
    }

    private mutating func setItems(_ items: [PickleValue]) throws(FileFault) {
        guard case .dictionary(let index) = try peek() else { throw FileFault("it sets items of \(try peek().kind)") }
        guard items.count % 2 == 0 else { throw FileFault("a key of a dictionary has no value") }
        for key in stride(from: 0, to: items.count, by: 2) {
            objects.dictionaries[index].append((items[key], items[key + 1]))
        }
    }

    private mutating func recall(_ index: UInt32) throws(FileFault) {
        guard let value = memo[index] else { throw FileFault("it recalls the value \(index), which it never kept") }
        stack.append(value)
    }

    private mutating func passOver(_ count: some FixedWidthInteger) throws(FileFault) {
        guard let count = Int(exactly: count) else { throw FileFault("some bytes claim a length of \(count)") }
        _ = try cursor.take(count)
        stack.append(.other)
    }

    private func long(_ bytes: UnsafeRawBufferPointer) -> PickleValue {
        guard bytes.count <= 8 else { return .other }
        var value = bytes.last.map { $0 >= 128 ? -1 : 0 } ?? 0
        for byte in bytes.reversed() { value = value << 8 | Int(byte) }
        return .integer(value)
    }

    private func peek() throws(FileFault) -> PickleValue {
        guard stack.count > marks.last ?? 0, let top = stack.last else { throw FileFault("its stack is empty") }
        return top
    }

    private mutating func pop() throws(FileFault) -> PickleValue {
        let top = try peek()
        stack.removeLast()
        return top
    }

    private mutating func pop(_ count: Int) throws(FileFault) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw FileFault("its stack is empty") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws(FileFault) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw FileFault("its stack has no mark") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }
}
