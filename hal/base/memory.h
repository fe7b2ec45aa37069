// SPDX-License-Identifier: Apache-2.0
// Memory that has run out, for libraries that take theirs past operator new.
#pragma once

namespace holdfast {

// From now on an allocation of OpenSSL that fails asks the new-handler, as operator new does,
// before OpenSSL hears of it: what it is in the middle of could only be given up as a broken
// invariant. To be called before the first use of OpenSSL; false, and nothing is changed, if it
// comes too late.
[[nodiscard]] bool let_openssl_ask_new_handler();

}  // namespace holdfast
