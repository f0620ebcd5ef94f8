"""Launch configurations: what the tables of architectures hold, how they are read, and the model without one."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from irfuse.analysis.rows import Counted
from irfuse.kernel import configs
from irfuse.kernel.configs import MOST_WARPS, Config, Entry, Work, config_for, configs_for, table_of
from irfuse.kernel.kernel import Kernel, Part
from irfuse.runtime import launch

TABLES = sorted(Path(str(files("irfuse.kernel") / "launch_tables")).glob("*.json"))
TABLE = (
    Entry(Work(128, 3, 2), Config(8, 1)),
    Entry(Work(128, 7, 1), Config(16, 4)),
    Entry(Work(128, 7, 2), Config(4, 2), Config(2, 1)),
    Entry(Work(1024, 5, 2), Config(1, 4)),
    Entry(Work(4096, 3, 2), Config(1, 16)),
)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table for every architecture."""
    monkeypatch.setattr(configs, "table_of", lambda arch: TABLE)


@pytest.mark.parametrize(("columns", "traffic", "wanted"), [
    (128, 3, Config(8, 1)), (128, 7, Config(4, 2)), (1024, 5, Config(1, 4)), (4096, 3, Config(1, 16)),
], ids=str)  # fmt: skip
def test_an_entry_of_the_table(table: None, columns: int, traffic: int, wanted: Config) -> None:
    assert config_for(Work(columns, traffic, 2), "sm_90") == wanted


@pytest.mark.parametrize(("columns", "traffic", "wanted"), [
    (128, 4, Config(8, 1)), (128, 6, Config(4, 2)), (128, 100, Config(4, 2)), (128, 0, Config(8, 1)),
    (1024, 1, Config(1, 4)), (1100, 5, Config(1, 4)), (900, 3, Config(1, 4)), (100_000, 5, Config(1, 16)),
], ids=str)  # fmt: skip
def test_the_nearest_entry_by_width_and_then_by_traffic(
    table: None, columns: int, traffic: int, wanted: Config
) -> None:
    assert config_for(Work(columns, traffic, 2), "sm_90") == wanted


@pytest.mark.parametrize(("columns", "traffic", "rows"), [
    (64, 3, 16), (32, 3, 32), (1, 3, 1024), (96, 3, 8), (192, 3, 4), (256, 3, 4), (256, 7, 2), (340, 3, 2),
    (512, 5, 2), (2000, 5, 1),
])  # fmt: skip
def test_rows_scale_so_that_a_program_has_as_many_elements(table: None, columns: int, traffic: int, rows: int) -> None:
    nearest = min(TABLE, key=lambda entry: configs._distance(entry.work, Work(columns, traffic, 2)))
    assert config_for(Work(columns, traffic, 2), "sm_90") == Config(rows, nearest.config.num_warps)
    assert rows == 1 or rows * columns <= nearest.config.rows * nearest.work.columns < 2 * rows * columns


@pytest.mark.parametrize(("columns", "wave", "wanted"), [
    (64, 32, Config(8, 1)), (128, 32, Config(4, 1)), (320, 32, Config(1, 1)), (512, 32, Config(1, 1)),
    (1024, 32, Config(1, 2)), (2048, 32, Config(1, 8)), (3072, 32, Config(1, 8)), (7168, 32, Config(1, 16)),
    (1, 32, Config(512, 1)), (64, 64, Config(16, 1)), (320, 64, Config(2, 1)), (1024, 64, Config(1, 1)),
    (2048, 64, Config(1, 4)), (8192, 64, Config(1, 16)), (65536, 64, Config(1, MOST_WARPS)),
])  # fmt: skip
def test_the_model_where_nothing_was_measured(columns: int, wave: int, wanted: Config) -> None:
    assert table_of("") == table_of("gfx000") == ()
    assert config_for(Work(columns, 3, 2), "gfx000", wave) == config_for(Work(columns, 7, 1), "", wave) == wanted


def test_equal_shapes_differ_by_their_reductions(table: None) -> None:
    assert config_for(Work(128, 7, 1), "sm_90") == config_for(Work(128, 7, 0), "sm_90") == Config(16, 4)
    assert config_for(Work(128, 7, 3), "sm_90") == Config(4, 2)


def is_power_of_two(number: object) -> bool:
    """Whether it is a whole power of two, not a truth value."""
    return type(number) is int and number > 0 and number & (number - 1) == 0


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_what_a_table_holds(file: Path) -> None:
    found = json.loads(file.read_text())
    keys = [Work(*row[:3]) for row in found]
    assert found and keys == sorted(set(keys))
    assert all(type(number) is int and number > 0 for key in keys for number in key)
    for work, config in ((Work(*row[:3]), row[3:]) for row in found):
        assert len(config) in (2, 4) and all(map(is_power_of_two, config)) and max(config[1::2]) <= MOST_WARPS
        assert config_for(work, file.stem) == Config(*config[:2])
        assert config_for(work, file.stem, rows=1) == Config(*config[-2:])


@pytest.mark.parametrize(("columns", "traffic", "rows", "wanted"), [
    (128, 7, 4096, Config(2, 1)), (128, 7, 4097, Config(4, 2)), (128, 7, None, Config(4, 2)),
    (256, 7, 2048, Config(1, 1)), (256, 7, 2049, Config(2, 2)), (128, 3, 1, Config(8, 1)),
], ids=str)  # fmt: skip
def test_few_rows_that_are_known(table: None, columns: int, traffic: int, rows: int | None, wanted: Config) -> None:
    """Up to half a million elements; an entry that says nothing of them has one configuration."""
    assert config_for(Work(columns, traffic, 2), "sm_90", rows=rows) == wanted


def test_every_table_is_of_a_known_architecture() -> None:
    assert TABLES
    for file in TABLES:
        launch.Arch.of(file.stem)


def test_configs_are_powers_of_two() -> None:
    for columns in range(1, 9000, 13):
        for arch, wave in (("", 32), ("", 64), ("sm_90", 32)):
            found = config_for(Work(columns, 3, 2), arch, wave)
            assert is_power_of_two(found.rows) and is_power_of_two(found.num_warps)


def test_a_device_that_is_no_gpu_has_the_model() -> None:
    part = Part(Counted(0, 128, 1), 128, Work(128, 3, 2))
    kernel = Kernel("k", "", (), (), (part,), ())
    assert launch.configs_of(None, kernel, [5]) == (config_for(part.work),) == (Config(4, 1),)


def test_the_parts_of_a_kernel_have_as_many_warps_and_as_many_entries() -> None:
    assert configs_for([Work(128, 3, 2), Work(4096, 3, 2)]) == (Config(64, 16), Config(1, 16))
    assert configs_for([Work(128, 3, 2), Work(512, 3, 2)]) == (Config(4, 1), Config(1, 1))
    found = configs_for([Work(128, 4, 1), Work(128, 8, 1), Work(64, 4, 1)], "sm_90")
    assert len({config.num_warps for config in found}) == 1
    assert found[0] == found[1] and found[2].rows == 2 * found[0].rows
