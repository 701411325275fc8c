"""Keys of the profile that a person mapped to a role, and words that tell none of them."""

from pathlib import Path

import pytest

from ecstui.plan.role_setting import RoleSetting, role_setting_of
from ecstui.serve.role_credentials import NoCredentialsError, read_role_credentials

SECRET = "not/a/real/secret"


def read(home: Path, profile: str = "dev", file: str = "", **environ: str):
    return read_role_credentials(RoleSetting(profile, file), {"HOME": str(home), **environ})


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_profiles_are_where_aws_has_them(tmp_path: Path):
    keys = f"[dev]\naws_access_key_id = A\naws_secret_access_key = {SECRET}\n"
    write(
        tmp_path / ".aws/config", "[profile dev]\naws_access_key_id = C\naws_secret_access_key = x"
    )
    assert read(tmp_path).access_key == "C"
    write(tmp_path / ".aws/credentials", keys + "aws_session_token = t\n")
    found = read(tmp_path)
    assert (found.access_key, found.secret_key, found.token) == ("A", SECRET, "t")
    assert SECRET not in repr(found)
    write(tmp_path / "own", keys.replace("= A", "= B"))
    assert read(tmp_path, file=str(tmp_path / "own")).access_key == "B"
    other = str(tmp_path / "own")
    assert read(tmp_path, AWS_SHARED_CREDENTIALS_FILE=other).access_key == "B"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no profile dev"),
        (f"[dev]\naws_secret_access_key = {SECRET}\n", "has no aws_access_key_id"),
        ("[dev]\nrole_arn = r\n", "role_arn is not followed"),
        (f"{SECRET}\n[dev]\n", "cannot be understood"),
    ],
)
def test_what_is_missing_is_told_without_a_secret(tmp_path: Path, text: str, words: str):
    write(tmp_path / ".aws/credentials", text)
    with pytest.raises(NoCredentialsError) as caught:
        read(tmp_path)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_arn_goes_before_a_name():
    arn = "arn:aws:iam::1:role/path/web"
    named, by_arn = RoleSetting("named"), RoleSetting("arn")
    assert role_setting_of({"web": named}, arn) == named
    assert role_setting_of({"web": named, arn: by_arn}, arn) == by_arn
    assert role_setting_of({"other": named}, arn) is None
