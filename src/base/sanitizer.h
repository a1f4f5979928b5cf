// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Pools hide use-after-free from AddressSanitizer; where it is compiled in they hand everything back to the heap at once.
#pragma once

namespace nuncio {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kPoolsKeepMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kPoolsKeepMemory = false;
#else
inline constexpr bool kPoolsKeepMemory = true;
#endif
#else
inline constexpr bool kPoolsKeepMemory = true;
#endif

}  // namespace nuncio
