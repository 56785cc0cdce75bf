"""What admins do with the goods, put together."""

from dataclasses import dataclass

from shop.branches import Branches
from shop.drafts import Drafts
from shop.editor import Editor
from shop.exports import Exports
from shop.ground import Ground
from shop.imports import Imports
from shop.inventory import Inventory
from shop.low_stock import LowStock
from shop.restocks import Restocks


@dataclass(frozen=True, slots=True)
class Stocking:
    """The subjects of the goods as admins see them."""

    inventory: Inventory
    imports: Imports
    exports: Exports
    branches: Branches
    editor: Editor
    drafts: Drafts


def build(ground: Ground, restocks: Restocks) -> Stocking:
    """Build them on an open database."""
    low_stock = LowStock(ground.outbox, threshold=ground.settings.low_stock_threshold)
    inventory = Inventory(ground.database, low_stock, clock=ground.clock, on_arrival=restocks.arrived)
    branches = Branches(ground, low_stock)
    return Stocking(
        inventory=inventory,
        imports=Imports(ground, inventory),
        exports=Exports(ground),
        branches=branches,
        editor=Editor(ground, branches, low_stock),
        drafts=Drafts(ground, inventory, branches),
    )
