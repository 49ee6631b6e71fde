// See kernel/reference_types.hpp. The assembler reads the files that cmake/types.cmake unpacked and had made: five
// million bytes would keep a compiler busy. Tested by tests/kernel/types_test.cpp.
#include "kernel/reference_types.hpp"

#include "btf/kernel_index.hpp"

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
  .balign 8
  .hidden skep_reference_index
  .global skep_reference_index
skep_reference_index:
  .incbin ")" SKEP_REFERENCE_INDEX R"("
  .hidden skep_reference_index_end
  .global skep_reference_index_end
skep_reference_index_end:
  .popsection
)");

extern "C" const std::uint8_t skep_reference_types[], skep_reference_types_end[], skep_reference_index[],
    skep_reference_index_end[];

namespace skep {

std::span<const std::uint8_t> reference_types() {
  return {skep_reference_types, skep_reference_types_end};
}

std::shared_ptr<const btf::Btf> parsed_reference_types() {
  const auto types = btf::section_of_types(reference_types());
  btf::ParseError error;
  return btf::parse_indexed(
      reference_types(), btf::KernelIndex::made_before(types, {skep_reference_index, skep_reference_index_end}), error);
}

}  // namespace skep
