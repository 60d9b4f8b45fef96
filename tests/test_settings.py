import re

import pytest

from kmdigitize.errors import FactsError
from kmdigitize.settings import DEFAULT_SETTINGS, difference, settings_from


def test_a_setting_replaces_its_default_and_is_kept_in_the_provenance() -> None:
    settings = settings_from({"page": {"min_stray": 1}})
    assert settings.page.min_stray == 1
    assert settings.ticks == DEFAULT_SETTINGS.ticks
    assert difference(settings) == '{"page": {"min_stray": 1}}'
    assert difference(DEFAULT_SETTINGS) == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "object"),
        ({"pages": {}}, "Known: page"),
        ({"page": {"tilt": 1}}, "settings.page: tilt"),
        ({"page": {"min_stray": "much"}}, "settings.page.min_stray is 'much'"),
    ],
)
def test_wrong_names_and_values_are_pointed_at(data: object, message: str) -> None:
    with pytest.raises(FactsError, match=re.escape(message)):
        settings_from(data)
