// The kernel's types as libbpf parses them, and those of modules, once for each Kernel.
//
// libbpf reads them from a file and parses them again for every object that needs them, 20 ms each time, and looks for
// each name from the first type to the last. Here it parses the bytes that the Kernel shows, the first of a Kernel's
// parses is kept, and given to whoever asks; libbpf frees what it was given, so uses are counted, and the last one (the
// Kernel's own, as a rule) frees it. What a name was found to be is remembered as long. libbpf only reads these types.
// Tested by tests/loader/shared_types_test.cpp.
#include "loader/shared_types.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "skep/kernel.hpp"

extern "C" {
struct btf* __real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf* types);
struct btf* __real_btf__new(const void* data, __u32 size);  // a kernel's types were checked when they were read
// libbpf's own, of which nobody is promised that it is there: then nobody calls what stands in for it, either.
__attribute__((weak)) struct btf* __real_btf_get_from_fd(int fd, struct btf* base);
__s32 __real_btf__find_by_name_kind_own(const struct btf* types, const char* name, __u32 kind);

struct btf* __wrap_btf__load_vmlinux_btf(void);
void __wrap_btf__free(struct btf* types);
struct btf* __wrap_btf_get_from_fd(int fd, struct btf* base);
__s32 __wrap_btf__find_by_name_kind_own(const struct btf* types, const char* name, __u32 kind);
}

namespace {

using skep::loader::FindTypeFn;

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
    ++entries_[types].users;
  }
  void free(btf* types) {
    {
      const std::lock_guard guard(lock_);
      if (const auto found = entries_.find(types); found != entries_.end()) {
        if (--found->second.users != 0) return;
        entries_.erase(found);
      }
    }
    __real_btf__free(types);
  }
  __s32 find(const btf* types, const char* name, __u32 kind, FindTypeFn really) {
    const std::lock_guard guard(lock_);
    const auto found = entries_.find(types);
    if (found == entries_.end() || name == nullptr) return really(types, name, kind);
    auto& names = found->second.names;
    if (names.size() >= most_names) names.clear();
    const auto [place, fresh] = names.try_emplace({name, kind, really});
    if (fresh) place->second = really(types, name, kind);
    return place->second;
  }

 private:
  static constexpr std::size_t most_names = 10'000;
  struct Entry {
    unsigned users = 0;
    std::map<std::tuple<std::string, __u32, FindTypeFn>, __s32> names;  // and the number, or the error, that each got
  };
  std::mutex lock_;
  std::unordered_map<const btf*, Entry> entries_;
};

// What a Kernel keeps: its types, and those of modules that were asked for.
class OfKernel {
 public:
  explicit OfKernel(btf* kernel) : kernel_(kernel) { shared_->use(kernel); }
  ~OfKernel() {
    for (btf* const module : modules_) shared_->free(module);
    shared_->free(kernel_);
  }
  OfKernel(const OfKernel&) = delete;
  OfKernel& operator=(const OfKernel&) = delete;

  btf* kernel() const { return kernel_; }
  // A module's, by what the Kernel shows of it now: it may have become another since. Null: they are not these.
  btf* module(int fd) {
    bpf_btf_info info{};
    __u32 size = sizeof info;
    if (bpf_btf_get_info_by_fd(fd, &info, &size) != 0) return nullptr;
    std::vector<char> raw(info.btf_size);
    info = {};
    info.btf = reinterpret_cast<__u64>(raw.data());
    info.btf_size = static_cast<__u32>(raw.size());
    size = sizeof info;
    if (raw.empty() || bpf_btf_get_info_by_fd(fd, &info, &size) != 0) return nullptr;
    const std::lock_guard guard(lock_);
    for (btf* const known : modules_) {
      __u32 its_size = 0;
      const void* const its = btf__raw_data(known, &its_size);
      if (its_size == raw.size() && std::memcmp(its, raw.data(), its_size) == 0) return given(known);
    }
    btf* const parsed = __real_btf_get_from_fd(fd, kernel_);
    if (parsed == nullptr || modules_.size() >= most_modules) return parsed;
    modules_.push_back(parsed);
    shared_->use(parsed);
    return given(parsed);
  }

 private:
  static constexpr std::size_t most_modules = 64;
  btf* given(btf* types) const {
    shared_->use(types);
    return types;
  }
  const std::shared_ptr<Shared> shared_ = Shared::of_process();
  btf* const kernel_;
  std::mutex lock_;
  std::vector<btf*> modules_;
};

std::shared_ptr<void> parse() {
  const auto raw = skep::current_kernel().presented_btf();
  btf* const types = __real_btf__new(raw.data(), static_cast<__u32>(raw.size()));
  return types != nullptr ? std::make_shared<OfKernel>(types) : nullptr;
}
OfKernel* of_current_kernel() {
  return static_cast<OfKernel*>(skep::current_kernel().loader_part(parse));
}

}  // namespace

namespace skep::loader {

__s32 find_type(const btf* types, const char* name, __u32 kind, FindTypeFn really) {
  return Shared::of_process()->find(types, name, kind, really);
}

}  // namespace skep::loader

extern "C" {

struct btf* __wrap_btf__load_vmlinux_btf(void) {
  const OfKernel* const kept = of_current_kernel();
  if (kept == nullptr) return __real_btf__load_vmlinux_btf();  // and it says why not
  Shared::of_process()->use(kept->kernel());
  return kept->kernel();
}

void __wrap_btf__free(struct btf* types) {
  if (types != nullptr) Shared::of_process()->free(types);
}

struct btf* __wrap_btf_get_from_fd(int fd, struct btf* base) {
  if (base != nullptr && skep::kernel_of(fd) == &skep::current_kernel())
    if (OfKernel* const kept = of_current_kernel(); kept != nullptr && kept->kernel() == base)
      if (btf* const types = kept->module(fd); types != nullptr) return types;
  return __real_btf_get_from_fd(fd, base);
}

__s32 __wrap_btf__find_by_name_kind_own(const struct btf* types, const char* name, __u32 kind) {
  return skep::loader::find_type(types, name, kind, __real_btf__find_by_name_kind_own);
}
}
