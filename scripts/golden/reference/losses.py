"""The two losses of EoFormer's recipe, on logits and multi-hot targets `[batch, region, i, j, k]`."""
from torch.nn import functional as F


def dice_loss(logits, target):
    """1 - soft Dice of the sigmoids, averaged over batch and regions."""
    p, axes = logits.sigmoid(), (2, 3, 4)
    overlap, total = (p * target).sum(axes), p.sum(axes) + target.sum(axes)
    return (1 - (2 * overlap + 1e-5) / (total + 1e-5)).mean()


def corrected_loss(logits, target):
    """Dice plus binary cross-entropy: regions overlap, so each is a question of its own."""
    return dice_loss(logits, target) + F.binary_cross_entropy_with_logits(logits, target)


def published_loss(logits, target):
    """Dice plus the softmax cross-entropy that the published script in effect computes."""
    return dice_loss(logits, target) - (target * logits.log_softmax(1)).sum(1).mean()
