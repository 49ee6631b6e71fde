// Kernel names for loaders: functions and tracepoints to attach to, and the table of symbols.
//
// Programs may name a symbol of the kernel's that BTF says nothing of (`extern const void name __ksym`); libbpf takes
// its address from /proc/kallsyms. There is no kernel to have addresses in: each symbol gets one of the kernel's half
// of the address space, which every read fails at. Tested by tests/loader/sections_test.cpp.
#include "kernel/symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace skep {
namespace {

// Linux has these in every build, and pahole describes none of them.
constexpr std::string_view untyped_symbols[] = {
    "_text",         "_stext",           "_etext",         "_sdata",        "_edata",
    "__bss_start",   "__bss_stop",       "__start_BTF",    "__stop_BTF",    "__per_cpu_start",
    "__per_cpu_end", "__per_cpu_offset", "__per_cpu_load", "bpf_link_fops", "bpf_map_fops",
    "bpf_prog_fops", "init_task",        "init_net",       "jiffies",       "init_mm",
};

constexpr std::uint64_t first_address = 0xffffffff81000000;
constexpr std::uint64_t first_module_address = 0xffffffffc0000000;
constexpr std::uint64_t distance = 16;

std::vector<std::shared_ptr<BtfObject>> modules_of(const Kernel::Impl& kernel) {
  const std::shared_lock guard(kernel.lock);
  return kernel.modules;
}

// A descriptor that the loader may use as long as the Kernel is there, and need not close.
int lend(Kernel::Impl& kernel, const std::shared_ptr<BtfObject>& module) {
  {
    const std::shared_lock guard(kernel.lock);
    for (const auto& [lent, fd] : kernel.lent_modules)
      if (lent == module) return fd;
  }
  const int fd = kernel.install(module);
  if (fd < 0) return fd;
  int others = -1;  // another thread was quicker
  {
    const std::unique_lock guard(kernel.lock);
    for (const auto& [lent, its_fd] : kernel.lent_modules)
      if (lent == module) others = its_fd;
    if (others < 0) kernel.lent_modules.emplace_back(module, fd);
  }
  if (others < 0) return fd;
  kernel.kernel.close(fd);
  return others;
}

int find(Kernel::Impl& kernel, std::string_view module_name, std::string_view name, btf::Kind kind,
         std::uint32_t& module_fd) {
  const bool anywhere = module_name.empty();
  if (anywhere || module_name == "vmlinux")
    if (const btf::TypeId id = kernel.vmlinux->btf->find(name, kind); id != 0) return static_cast<int>(id);
  for (const auto& module : modules_of(kernel)) {
    if (!anywhere && module->name != module_name) continue;
    const btf::TypeId id = module->btf->find_own(name, kind);
    if (id == 0) continue;
    const int fd = lend(kernel, module);
    if (fd < 0) return 0;
    module_fd = static_cast<std::uint32_t>(fd);
    return static_cast<int>(id);
  }
  return 0;
}

// All symbols, in order, with their addresses.
template <typename Visit>
class SymbolWalk {
 public:
  explicit SymbolWalk(Visit visit) : visit_(std::move(visit)) {}
  void all(const Kernel::Impl& kernel, const std::vector<std::shared_ptr<BtfObject>>& modules) {
    types(*kernel.vmlinux->btf, {});
    for (const std::string_view name : untyped_symbols) one(name, 'D', {});
    // What Skep provides itself are the kernel's own functions to a program.
    for (const auto& module : modules)
      types(*module->btf, module == kernel.own_module ? std::string_view() : module->name);
  }

 private:
  void types(const btf::Btf& types, std::string_view module) {
    for (btf::TypeId id = types.first_id(); id < types.type_count(); ++id) {
      const btf::Kind kind = types.kind_of(id);
      if (kind == btf::Kind::func) one(types.name_of(id), 'T', module);
      if (kind == btf::Kind::var) one(types.name_of(id), 'D', module);
    }
  }
  void one(std::string_view name, char kind, std::string_view module) {
    if (name.empty() || (module.empty() && !kernels_.insert(name).second)) return;
    std::uint64_t& next = module.empty() ? next_ : next_in_module_;
    visit_(next, kind, name, module);
    next += distance;
  }

  // A name has one address in the kernel, however often its types say it; a module may have it once more, and libbpf
  // refuses to choose.
  std::unordered_set<std::string_view> kernels_;
  Visit visit_;
  std::uint64_t next_ = first_address, next_in_module_ = first_module_address;
};

}  // namespace

int Kernel::find_function(std::string_view name, std::uint32_t& module_fd) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return find(*impl_, {}, name, btf::Kind::func, module_fd);
  if (colon == 0) return 0;
  return find(*impl_, name.substr(0, colon), name.substr(colon + 1), btf::Kind::func, module_fd);
}

int Kernel::find_tracepoint(std::string_view name, std::uint32_t& module_fd) {
  return find(*impl_, {}, fmt::format("btf_trace_{}", name), btf::Kind::typedef_, module_fd);
}

bool Kernel::has_types_of(std::string_view module, std::span<const std::uint8_t> raw) const {
  if (module == "vmlinux") return std::ranges::equal(raw, impl_->vmlinux->raw());
  const auto modules = modules_of(*impl_);
  return std::any_of(modules.begin(), modules.end(), [&](const auto& candidate) {
    return candidate->name == module && std::ranges::equal(raw, candidate->raw());
  });
}

std::string Kernel::symbols() const {
  std::string text;
  SymbolWalk([&](std::uint64_t address, char kind, std::string_view name, std::string_view module) {
    fmt::format_to(std::back_inserter(text), "{:016x} {} {}", address, kind, name);
    if (!module.empty()) fmt::format_to(std::back_inserter(text), "\t[{}]", module);
    text += '\n';
  }).all(*impl_, modules_of(*impl_));
  return text;
}

std::uint64_t SymbolAddresses::address_of(std::string_view function) {
  auto modules = modules_of(kernel_);
  const std::lock_guard guard(lock_);
  if (addresses_.empty() || modules != modules_) {
    modules_ = std::move(modules);
    addresses_.clear();
    SymbolWalk([&](std::uint64_t address, char, std::string_view name, std::string_view) {
      addresses_.emplace(name, address);
    }).all(kernel_, modules_);
  }
  const auto found = addresses_.find(function);
  return found != addresses_.end() ? found->second : 0;
}

}  // namespace skep
