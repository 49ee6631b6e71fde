// The host's modules: what an application or plugin declares in C text becomes BTF and kfuncs, or is refused in words
// that name the module, the list and the text.
//
// A declaration that nothing can come of is a mistake of the host's and never passed over: names that stand in a list
// and that nothing defines, a second definition, prototypes that no program can call. Tested by
// tests/kernel/host_modules_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "btf/module_builder.hpp"
#include "kernel/given.hpp"
#include "kernel/host_calls.hpp"
#include "kernel/impl.hpp"

namespace skep {

const calls::Kfunc* Kfuncs::find(std::string_view name) const {
  if (const auto it = host_.find(name); it != host_.end()) return &it->second;
  return calls::find_kfunc(name);
}

const calls::Kfunc* Kfuncs::destructor(std::string_view type) const {
  for (const auto& [name, kfunc] : host_)
    if (!type.empty() && kfunc.destroys.type == type) return &kfunc;
  return calls::find_destructor(type);
}

bool Kfuncs::add(const HostKfunc& kfunc, std::string name, Kernel& kernel) {
  calls::Kfunc entry;
  const auto [it, added] = host_.emplace(std::move(name), entry);
  if (!added) return false;
  it->second.name = it->first;
  it->second.flags = kfunc.flags;
  it->second.prog_types = kfunc.program_types;
  it->second.prototype = kfunc.prototype;
  it->second.provided = true;
  it->second.destroys.type = kfunc.destroys;
  if (kfunc.function == nullptr) return true;
  callees_.push_back(make_host_callee(kfunc, it->second, kernel));
  it->second.host_fn = callees_.back().get();
  pair_up(it->second);
  return true;
}

void Kfuncs::learn_types(const btf::Btf& types) {
  for (auto& [name, kfunc] : host_)
    if (const btf::TypeId function = types.find_own(name, btf::Kind::func); function != 0)
      kfunc.result_bytes = given_bytes(types, types.type(types.type(function).type).type);
}

// Whoever acquires an object learns who lets go of it, in whichever order they are added.
void Kfuncs::pair_up(calls::Kfunc& added) {
  const auto result_type = [](std::string_view prototype) {
    const auto begin = prototype.find("struct ");
    if (begin == std::string_view::npos || begin > prototype.find('(')) return std::string_view{};
    prototype.remove_prefix(begin + 7);
    return prototype.substr(0, prototype.find_first_of(" *"));
  };
  for (auto& [name, other] : host_) {
    for (auto [taker, giver] : {std::pair(&added, &other), std::pair(&other, &added)})
      if (taker->has(calls::call_flag::acquire) && giver->host_fn != nullptr && !giver->destroys.type.empty() &&
          giver->destroys.type == result_type(taker->prototype))
        taker->released_by = giver;
  }
}

namespace {

constexpr std::size_t most_call_arguments = 5, most_traced_arguments = 12;
constexpr std::size_t longest_module_name = 55;  // as the kernel's modules

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 120;
  return text.size() <= most ? fmt::format("'{}'", text) : fmt::format("'{}…'", text.substr(0, most));
}

// "void event(int a)" -> "typedef void (*btf_trace_event)(void *__data, int a)": so kernels describe tracepoints.
std::string tracepoint_type(std::string_view name, std::string_view prototype) {
  std::string_view arguments = prototype.substr(prototype.find('(') + 1);
  std::string_view only = arguments.substr(0, arguments.find(')'));
  const auto begin = only.find_first_not_of(" \t\n");
  only = begin == std::string_view::npos ? std::string_view()
                                         : only.substr(begin, only.find_last_not_of(" \t\n") + 1 - begin);
  const bool none = only.empty() || only == "void";
  return fmt::format("typedef void (*btf_trace_{})(void *__data{}{}", name, none ? "" : ", ", none ? ")" : arguments);
}

// Reads one module's declarations; the first mistake is kept.
class Reader {
 public:
  Reader(const HostModule& host, btf::ModuleBuilder& builder, std::string& error)
      : host_(host), builder_(builder), error_(error) {}

  bool types() {
    return each("types", host_.types, [&](std::string_view text) {
      const auto begin = std::min(text.find_first_not_of(" \t\n"), text.size());
      return text.substr(begin).starts_with("typedef") ? builder_.add_typedef(text, error_)
                                                       : builder_.add_struct(text, error_);
    });
  }

  bool kfunc(const HostKfunc& kfunc, std::string& name) {
    btf::ModuleBuilder::Declared declared;
    if (!builder_.add_function(kfunc.prototype, error_, &declared)) return fail("kfuncs", error_);
    name = declared.name;
    // 7.3 passes the sixth and later ones on the stack, which a HostCall has no place for.
    const std::size_t most = kfunc.function != nullptr ? most_call_arguments : most_traced_arguments;
    if (declared.parameters > most)
      return fail("kfuncs", fmt::format("{} arguments, and programs can pass {}: {}", declared.parameters, most,
                                        quoted(kfunc.prototype)));
    if ((kfunc.flags & ~known_flags) != 0)
      return fail("kfuncs", fmt::format("flags {:#x} that do not exist: {}", kfunc.flags & ~known_flags,
                                        quoted(kfunc.prototype)));
    if (!kfunc.destroys.empty() && !builder_.knows(kfunc.destroys, btf::Kind::struct_))
      return fail("kfuncs", fmt::format("it lets go of {}, and there is no such struct: {}", quoted(kfunc.destroys),
                                        quoted(kfunc.prototype)));
    return true;
  }

  bool functions() {
    std::vector<std::string> names;
    const bool fine = each("functions", host_.functions, [&](std::string_view text) {
      btf::ModuleBuilder::Declared declared;
      if (!builder_.add_traced_function(text, error_, &declared)) return false;
      names.push_back(declared.name);
      if (declared.parameters <= most_traced_arguments) return true;
      error_ = fmt::format("{} arguments, and programs can be given {}: {}", declared.parameters, most_traced_arguments,
                           quoted(text));
      return false;
    });
    const auto among_them = [&](std::string_view name) {
      if (std::ranges::find(names, name) != names.end()) return true;
      error_ = fmt::format("{} is not among the module's functions", quoted(name));
      return false;
    };
    return fine && each("modifiable", host_.modifiable, among_them) && each("sleepable", host_.sleepable, among_them);
  }

  bool tracepoints() {
    return each("tracepoints", host_.tracepoints, [&](std::string_view text) {
      btf::ModuleBuilder scratch(nullptr);  // only to learn the name: the types are the module's own
      btf::ModuleBuilder::Declared declared;
      std::string ignored;
      scratch.add_traced_function(text, ignored, &declared);
      if (declared.name.empty() || text.find('(') == std::string_view::npos) {
        error_ = fmt::format("expected a prototype, not {}", quoted(text));
        return false;
      }
      const std::string type = fmt::format("btf_trace_{}", declared.name);
      if (builder_.knows(type, btf::Kind::typedef_)) {
        error_ = fmt::format("there is a tracepoint of that name already: {}", quoted(text));
        return false;
      }
      return builder_.add_typedef(tracepoint_type(declared.name, text), error_);
    });
  }

  bool struct_ops() {
    return each("struct_ops", host_.struct_ops, [&](std::string_view table) {
      if (!builder_.knows(table, btf::Kind::struct_)) {
        error_ = fmt::format("there is no struct {}", quoted(table));
        return false;
      }
      return builder_.add_struct(
          fmt::format("struct bpf_struct_ops_{0} {{ struct bpf_struct_ops_common_value common; struct {0} data; }}",
                      table),
          error_);
    });
  }

  bool per_cpu() {
    return each("per_cpu", host_.per_cpu,
                [&](std::string_view variable) { return builder_.add_per_cpu(variable, error_); });
  }

  bool fail(std::string_view list, std::string why) {
    error_ = list.empty() ? fmt::format("module {}: {}", quoted(host_.name), why)
                          : fmt::format("module {}: {}: {}", quoted(host_.name), list, why);
    return false;
  }

 private:
  static constexpr std::uint32_t known_flags = 0x1fff | host_spin_lock_ok | host_changes_packet;

  template <typename Add>
  bool each(std::string_view list, const std::vector<std::string_view>& texts, Add&& add) {
    for (const std::string_view text : texts)
      if (!add(text)) return fail(list, error_);
    return true;
  }

  const HostModule& host_;
  btf::ModuleBuilder& builder_;
  std::string& error_;
};

bool is_module_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_module_name &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

}  // namespace

int Kernel::Impl::add_module(const HostModule& host, std::string& error) {
  btf::ModuleBuilder builder(vmlinux->btf);
  Reader reader(host, builder, error);
  if (!is_module_name(host.name)) {
    reader.fail({}, fmt::format("a module is named by up to {} letters, digits, _ and -", longest_module_name));
    return -EINVAL;
  }
  const bool taken = host.name == vmlinux->name ||
                     std::ranges::any_of(modules, [&](const auto& module) { return module->name == host.name; });
  if (taken) {
    reader.fail({}, "there is a module of that name already: was it given twice?");
    return -EEXIST;
  }
  if (!reader.types()) return -EINVAL;
  for (const HostKfunc& kfunc : host.kfuncs) {
    std::string name;
    if (!reader.kfunc(kfunc, name)) return -EINVAL;
    if (!kfuncs.add(kfunc, name, kernel)) {
      reader.fail("kfuncs", fmt::format("another module has a kfunc of that name: {}", quoted(kfunc.prototype)));
      return -EINVAL;
    }
  }
  if (!reader.functions() || !reader.tracepoints() || !reader.struct_ops() || !reader.per_cpu()) return -EINVAL;
  host_modifiable.insert(host.modifiable.begin(), host.modifiable.end());
  host_sleepable.insert(host.sleepable.begin(), host.sleepable.end());
  auto module = std::make_shared<BtfObject>();
  module->name = host.name;
  module->kernel = true;
  btf::ParseError problem;
  const auto parsed = btf::Btf::parse(builder.finish(), vmlinux->btf, true, problem);
  if (!parsed) {
    reader.fail({}, fmt::format("its BTF is not valid: {}", problem.message));
    return -EINVAL;
  }
  std::const_pointer_cast<btf::Btf>(parsed)->set_module_name(module->name);
  module->btf = parsed;
  kfuncs.learn_types(*parsed);
  add(module);
  modules.push_back(std::move(module));
  return 0;
}

}  // namespace skep
