// The kernel's types as libbpf parses them, once for each Kernel.
//
// libbpf reads them from a file and parses them again for every object that needs them, 20 ms each time. Here it parses
// the bytes that the Kernel shows, the first of a Kernel's parses is kept, and given to whoever asks; libbpf frees what
// it was given, so uses are counted, and the last one (the Kernel's own, as a rule) frees it. libbpf only reads the
// kernel's types. Tested by tests/loader/shared_types_test.cpp.
#include <bpf/btf.h>
#include <errno.h>

#include <memory>
#include <mutex>
#include <unordered_map>

#include "skep/kernel.hpp"

extern "C" {
struct btf* __real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf* types);
struct btf* __wrap_btf__load_vmlinux_btf(void);
void __wrap_btf__free(struct btf* types);
}

namespace {

// Which parsed types are shared, in the whole process: an application may free them when their Kernel is gone.
class Shared {
 public:
  // Kernels may live longer than the statics of this file: what they keep holds on to it.
  static const std::shared_ptr<Shared>& of_process() {
    static const auto shared = std::make_shared<Shared>();
    return shared;
  }
  void use(const btf* types) {
    const std::lock_guard guard(lock_);
    ++users_[types];
  }
  void free(btf* types) {
    {
      const std::lock_guard guard(lock_);
      if (const auto found = users_.find(types); found != users_.end()) {
        if (--found->second != 0) return;
        users_.erase(found);
      }
    }
    __real_btf__free(types);
  }

 private:
  std::mutex lock_;
  std::unordered_map<const btf*, unsigned> users_;
};

std::shared_ptr<void> parse() {
  const auto raw = skep::current_kernel().presented_btf();
  btf* types = btf__new(raw.data(), static_cast<__u32>(raw.size()));
  if (types == nullptr) return nullptr;
  const auto shared = Shared::of_process();
  shared->use(types);
  return {types, [shared](void* kept) { shared->free(static_cast<btf*>(kept)); }};
}

}  // namespace

extern "C" {

struct btf* __wrap_btf__load_vmlinux_btf(void) {
  auto* types = static_cast<btf*>(skep::current_kernel().loader_part(parse));
  if (types == nullptr) return __real_btf__load_vmlinux_btf();  // and it says why not
  Shared::of_process()->use(types);
  return types;
}

void __wrap_btf__free(struct btf* types) {
  if (types != nullptr) Shared::of_process()->free(types);
}
}
