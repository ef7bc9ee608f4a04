from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password

from members import members


def move_in(email, password):
    user = get_user_model().objects.filter(email__iexact=email, is_active=True).first()
    if not (user and check_password(password, user.password)):
        return False
    found = members({"action": "find", "email": email})
    if found.get("error") == "NO_SUCH_MEMBER":
        return False
    if "error" in found:
        raise RuntimeError(found["error"])
    if found["hasPassword"]:
        return False
    set_password = {"action": "setPassword", "memberId": found["memberId"], "password": password, "allowWeak": True}
    done = members(set_password)
    if "error" in done:
        raise RuntimeError(done["error"])
    return True
