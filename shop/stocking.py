"""What admins do with the goods, put together."""

from dataclasses import dataclass

from shop.ground import Ground
from shop.imports import Imports
from shop.inventory import Inventory
from shop.restocks import Restocks


@dataclass(frozen=True, slots=True)
class Stocking:
    """The subjects of the goods as admins see them."""

    inventory: Inventory
    imports: Imports


def build(ground: Ground, restocks: Restocks) -> Stocking:
    """Build them on an open database."""
    inventory = Inventory(ground.database, clock=ground.clock, on_arrival=restocks.arrived)
    return Stocking(inventory, Imports(ground, inventory))
