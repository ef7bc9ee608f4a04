from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password

from members import members


def move_in(email, password):
    user = get_user_model().objects.filter(email__iexact=email, is_active=True).first()
    if not (user and check_password(password, user.password)):
        return False
    found = members({"action": "find", "email": email})
    if found.get("hasPassword") is not False:
        return False
    set_password = {"action": "setPassword", "memberId": found["memberId"], "password": password, "allowWeak": True}
    return members(set_password) == {}
