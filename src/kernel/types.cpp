// The kernel's types, and the modules that offer what Skep and its host provide.
//
// As the kernel's types a file is taken (any release's), else the machine's own unless its kernel is older than the
// release that is answered as, else that release's, which the library brings along. Loaders see them without the
// functions that Skep defines itself, since a kernel may hold one of that name with another type and loaders look there
// first; the definitions come in a module's BTF instead, as a kernel module's would. To the small built-in set, which
// is no kernel's, all kfuncs of the release come with them. The host's own modules are in host_modules.cpp. Tested by
// tests/kernel/types_test.cpp and tests/loader/loader_test.cpp.
#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "btf/module_builder.hpp"
#include "kernel/impl.hpp"
#include "kernel/read_file.hpp"
#include "kernel/reference_types.hpp"

namespace skep {
namespace {

constexpr const char* machine_types = "/sys/kernel/btf/vmlinux";
constexpr std::size_t most_image = std::size_t{2} << 30;  // a kernel with its debugging information may be that large

// Of the kernel that runs this; not uname(), which tells libbpf the release that a Kernel answers as.
Release machine_release() {
  std::string error;
  const auto text = read_whole_file("/proc/sys/kernel/osrelease", 4096, error);
  unsigned major = 0, minor = 0;
  if (!text || std::sscanf(std::string(text->begin(), text->end()).c_str(), "%u.%u", &major, &minor) != 2) return {};
  return {static_cast<std::uint16_t>(major), static_cast<std::uint16_t>(minor)};
}

// The .BTF section of an ELF file; empty if there is none.
std::vector<std::uint8_t> btf_section(const std::vector<std::uint8_t>& image) {
  std::vector<std::uint8_t> found;
  if (elf_version(EV_CURRENT) == EV_NONE) return found;
  std::vector<char> copy(image.begin(), image.end());
  Elf* elf = elf_memory(copy.data(), copy.size());
  if (elf == nullptr) return found;
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) == 0) {
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
      GElf_Shdr header{};
      if (gelf_getshdr(section, &header) == nullptr) break;
      const char* name = elf_strptr(elf, names, header.sh_name);
      if (name == nullptr || std::strcmp(name, ".BTF") != 0) continue;
      if (const Elf_Data* data = elf_rawdata(section, nullptr); data != nullptr && data->d_buf != nullptr) {
        const auto* bytes = static_cast<const std::uint8_t*>(data->d_buf);
        found.assign(bytes, bytes + data->d_size);
      }
      break;
    }
  }
  elf_end(elf);
  return found;
}

// A call has one definition in C for all releases but the callback's type, which an object's own declaration settles:
// the kernel's headers and its documentation disagree about the third argument.
bool takes_callback(const calls::Kfunc& call) {
  return call.special == calls::Special::wq_set_callback;
}

// The prototype with the type that the object gives the callback's last parameter. Only the type is taken: an extern
// declaration's BTF has no names of parameters, and the verifier reads those.
std::string with_declared_callback(std::string prototype, const btf::Btf& object, btf::TypeId function) {
  constexpr std::string_view ours = "void *value";
  const auto at = prototype.find(ours);
  const btf::Type& proto = object.resolved(object.type(function).type);
  if (at == std::string::npos || proto.kind != btf::Kind::func_proto) return prototype;
  const auto params = object.params(proto);
  const auto callback = params.size() > 1 ? object.pointee(params[1].type) : std::nullopt;
  if (!callback || object.type(*callback).kind != btf::Kind::func_proto) return prototype;
  const auto arguments = object.params(object.type(*callback));
  const auto value = arguments.size() == 3 ? object.pointee(arguments[2].type) : std::nullopt;
  if (!value || !object.type(*value).is_struct_or_union() || object.type(*value).name.empty()) return prototype;
  return prototype.replace(at, ours.size(), fmt::format("struct {} *value", object.type(*value).name));
}

}  // namespace

std::vector<std::shared_ptr<const btf::Btf>> Kernel::Impl::host_types() const {
  std::vector<std::shared_ptr<const btf::Btf>> types;
  const std::shared_lock guard(lock);
  for (const auto& module : modules)
    if (module != own_module) types.push_back(module->btf);
  return types;
}

calls::KptrTargets Kernel::Impl::kptr_targets() const {
  return {vmlinux ? vmlinux->btf : nullptr, host_types(), kfuncs};
}

std::span<const std::uint8_t> BtfObject::raw() const {
  if (hidden.empty()) return btf->raw();
  std::call_once(without_hidden_once_, [this] { without_hidden_ = btf::hide_functions(*btf, hidden); });
  return without_hidden_;
}

int Kernel::Impl::load_types(std::string& error) {
  std::vector<std::uint8_t> raw;
  bool shipped = false;
  std::string source = options.btf_path.value_or("");
  if (!source.empty() && holds_exactly(source, reference_types())) {
    shipped = true;
  } else if (!source.empty()) {
    auto file = read_whole_file(source, most_image, error);
    if (!file || file->empty()) {
      error = fmt::format(
          "{}: cannot be read: {}; give a raw BTF file (/sys/kernel/btf/vmlinux) or an ELF with a .BTF section", source,
          file ? "it is empty" : error);
      return -ENOENT;
    }
    raw = std::move(*file);
    if (raw.size() > 4 && std::memcmp(raw.data(), ELFMAG, SELFMAG) == 0) raw = btf_section(raw);
    if (raw.empty()) {
      error = fmt::format("{}: has no .BTF section", source);
      return -EINVAL;
    }
  } else if (options.host_btf) {
    if (machine_release() >= options.release && access(machine_types, R_OK) == 0) {
      source = machine_types;
      raw = read_whole_file(source, most_image, error).value_or(std::vector<std::uint8_t>());
    }
    if (raw.empty()) {
      source = fmt::format("Linux {}.{}, as Debian builds it", reference_release.major, reference_release.minor);
      shipped = true;
    }
  }
  shipped = shipped || std::ranges::equal(raw, reference_types());
  btf::ParseError problem;
  vmlinux = std::make_shared<BtfObject>();
  if (shipped) {
    vmlinux->btf = parsed_reference_types();
  } else if (!raw.empty()) {
    const auto read = std::make_shared<std::vector<std::uint8_t>>(std::move(raw));
    vmlinux->btf = btf::Btf::parse(*read, read, nullptr, true, problem);
  }
  if (!vmlinux->btf && options.btf_path) {
    error = fmt::format("{}: not valid BTF: {}", source, problem.message);
    return -EINVAL;
  }
  if (!vmlinux->btf) {
    source = "Skep's own small set";
    small_types = true;
    vmlinux->btf = btf::Btf::parse(btf::small_kernel_btf(), nullptr, true, problem);
    if (!vmlinux->btf) {
      error = fmt::format("the built-in kernel types are not valid BTF: {}", problem.message);
      return -EINVAL;
    }
  }
  types_name = source;
  for (const calls::Kfunc& call : calls::kfuncs())
    if (call.provided) vmlinux->hidden.push_back(call.name);
  vmlinux->name = "vmlinux";
  vmlinux->kernel = true;
  add(vmlinux);
  provide_calls({});
  return own_module ? 0 : -EINVAL;
}

void Kernel::Impl::provide_calls(std::span<const std::uint8_t> object_btf) {
  std::shared_ptr<const btf::Btf> object;
  btf::ParseError problem;
  if (!object_btf.empty()) object = btf::Btf::parse(object_btf, nullptr, false, problem);
  btf::ModuleBuilder builder(vmlinux->btf);
  std::string error;
  for (const calls::Kfunc& call : calls::kfuncs()) {
    // What a kernel's types lack its programs cannot call; the small set is no kernel's.
    const bool missing = small_types && vmlinux->btf->find(call.name, btf::Kind::func) == 0;
    if (!(call.provided || missing) || !rules->has(call.since, call.until)) continue;
    const btf::TypeId declared = object && takes_callback(call) ? object->find_own(call.name, btf::Kind::func) : 0;
    std::string prototype(call.prototype);
    if (declared != 0) prototype = with_declared_callback(std::move(prototype), *object, declared);
    if (!builder.add_function(prototype, error)) log(fmt::format("{}: {}", call.name, error));
  }
  auto module = std::make_shared<BtfObject>();
  module->name = "skep";
  module->kernel = true;
  const auto parsed = btf::Btf::parse(builder.finish(), vmlinux->btf, true, problem);
  if (!parsed) {
    log(fmt::format("the BTF of Skep's own calls is not valid: {}", problem.message));
    return;
  }
  std::const_pointer_cast<btf::Btf>(parsed)->set_module_name(module->name);
  module->btf = parsed;
  add(module);
  const std::unique_lock guard(lock);
  // A loader that is resolving against the older one may still name it by id or descriptor.
  if (own_module) std::erase(modules, own_module);
  own_module = module;
  modules.insert(modules.begin(), module);
}

}  // namespace skep
