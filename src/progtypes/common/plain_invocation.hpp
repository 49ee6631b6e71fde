// The invocation of program types whose context is bytes that the host gives: a structure of fields, or arguments of
// eight bytes each. Such types have no test run; the host fires them. Tested by tests/kernel/invocation_test.cpp.
#pragma once

#include <memory>

#include "progtypes/invocation.hpp"

namespace skep::progtypes {

// `size`: of the type's context; an input that is shorter is filled up with zeros.
std::unique_ptr<Invocation> make_plain_invocation(std::uint32_t size);

}  // namespace skep::progtypes
