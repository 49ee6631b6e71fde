// Arbitrary bytes as BTF, as a program's and as a kernel's: refused or read, never harmful. cmake/fuzz.cmake builds it.
#include <cstddef>
#include <cstdint>

#include "btf/btf.hpp"
#include "btf/special_fields.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::btf;
  for (const bool trusted : {false, true}) {
    ParseError error;
    const auto btf = Btf::parse({data, size}, nullptr, trusted, error);
    if (!btf) continue;
    for (TypeId id = 0; id < btf->type_count(); ++id) {
      btf->describe(id);
      btf->align_of(id);
      btf->access(id, 5, 4);
      find_special_fields(btf, id, ~0u, btf->size_of(id).value_or(0), btf);
    }
    find_object_records(btf, nullptr);
  }
  return 0;
}
