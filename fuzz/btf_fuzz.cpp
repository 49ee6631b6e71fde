// Arbitrary bytes as BTF, as a program's and as a kernel's: refused or read, never harmful. cmake/fuzz.cmake builds it.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "btf/btf.hpp"
#include "btf/special_fields.hpp"

namespace {

// Every struct of the input is a kernel's, and can be let go of.
class Targets final : public skep::btf::KptrTargets {
 public:
  explicit Targets(const std::shared_ptr<const skep::btf::Btf>& btf) : btf_(btf) {}
  skep::btf::KptrTarget find(std::string_view name, skep::btf::Kind kind) const override {
    const skep::btf::TypeId type = btf_->find(name, kind);
    return type == 0 ? skep::btf::KptrTarget{} : skep::btf::KptrTarget{btf_, type, std::make_shared<Nothing>()};
  }

 private:
  struct Nothing final : skep::btf::Destructor {
    void destroy(void*) const override {}
  };
  const std::shared_ptr<const skep::btf::Btf>& btf_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::btf;
  for (const bool trusted : {false, true}) {
    ParseError error;
    const auto btf = Btf::parse({data, size}, nullptr, trusted, error);
    if (!btf) continue;
    const Targets targets(btf);
    for (TypeId id = 0; id < btf->type_count(); ++id) {
      btf->describe(id);
      btf->align_of(id);
      btf->access(id, 5, 4);
      find_special_fields(btf, id, ~0u, btf->size_of(id).value_or(0), &targets);
    }
    find_object_records(btf, &targets);
  }
  return 0;
}
