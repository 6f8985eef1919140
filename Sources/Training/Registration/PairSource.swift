import BrainData

/// Where pairs to register come from. A pair hangs on its number and the experiment alone, so that a resumed training is given
/// the very pairs that an uninterrupted one would have been given.
protocol PairSource: Sendable {
    /// What there is to train on and to validate by: label maps, or scans.
    var counts: (training: Int, heldOut: Int) { get }

    /// A pair to train on.
    func pair(_ number: Int) throws -> RegistrationPair

    /// A pair to validate by.
    func validationPair(_ number: Int) throws -> RegistrationPair
}
