import pytest

from wallet import secp256k1


def backends() -> list[str]:
    return ["pure", "coincurve"]


@pytest.fixture(params=backends())
def curve(request, monkeypatch):
    """Each way to multiply in turn; every test that uses this fixture runs with both."""
    if request.param == "coincurve":
        pytest.importorskip("coincurve")
        way = secp256k1.LibSecp256k1()
    else:
        way = secp256k1.PurePython()
    monkeypatch.setattr(secp256k1, "curve", lambda: way)
    return way
