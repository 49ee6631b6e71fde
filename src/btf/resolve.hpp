// The second phase of validation: whether types refer to types that make sense, and whether any contains itself.
#pragma once

#include <cstdint>
#include <vector>

#include "btf/btf.hpp"
#include "btf/data.hpp"
#include "btf/parse_log.hpp"

namespace skep::btf {

// Checks every own type of `btf`, whose ids and names the first phase has checked. Returns 0 or a negative errno, with
// the complaint in `log`.
int check_references(const Btf& btf, const Btf::Data& data, ParseLog& log);

// For the types of a kernel, which it does not check so closely: only what the rest of Skep relies on, which is that
// every id exists and that no type contains itself.
int check_kernel_references(const Btf& btf, const Btf::Data& data, ParseLog& log);

}  // namespace skep::btf
