"""Prints the processor time, in nanoseconds, of one verification of a bcrypt hash by the system's libxcrypt."""

import ctypes
import sys
import time

library = ctypes.CDLL("libcrypt.so.1")
library.crypt_rn.restype = ctypes.c_char_p
stored = sys.argv[1].encode()
data = ctypes.create_string_buffer(65536)
start = time.process_time_ns()
computed = library.crypt_rn(b"password", stored, data, len(data))
elapsed = time.process_time_ns() - start
if computed != stored:
    sys.exit("the hash is not of this password")
print(elapsed)
