// See kernel/reference_types.hpp. The assembler reads the file that cmake/types.cmake unpacked: five million bytes
// would keep a compiler busy. Tested by tests/kernel/types_test.cpp.
#include "kernel/reference_types.hpp"

asm(R"(
  .pushsection .rodata
  .balign 8
  .hidden skep_reference_types
  .global skep_reference_types
skep_reference_types:
  .incbin ")" SKEP_REFERENCE_TYPES R"("
  .hidden skep_reference_types_end
  .global skep_reference_types_end
skep_reference_types_end:
  .popsection
)");

extern "C" const std::uint8_t skep_reference_types[], skep_reference_types_end[];

namespace skep {

std::span<const std::uint8_t> reference_types() {
  return {skep_reference_types, skep_reference_types_end};
}

}  // namespace skep
