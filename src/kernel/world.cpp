// See kernel/world.hpp.
#include "kernel/world.hpp"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "calls/impl/objects.hpp"

namespace skep {
namespace {

// The text as JSON has it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + '"';
}

// A path as dentries, each below its parent.
std::string dentry_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() <= 1) return R"({"d_name": {"name": "/"}})";
  return R"({"d_name": {"name": )" + quoted(path.substr(slash + 1)) + R"(}, "d_parent": )" +
         dentry_of(path.substr(0, slash)) + '}';
}

std::string own_executable() {
  char name[PATH_MAX] = {};
  const ssize_t length = readlink("/proc/self/exe", name, sizeof name - 1);
  return {name, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

bool is_per_cpu(const btf::Btf& types, btf::TypeId variable) {
  const btf::TypeId section = types.find_own(".data..percpu", btf::Kind::datasec);
  if (section == 0) return false;
  const auto variables = types.section_vars(types.type(section));
  return std::any_of(variables.begin(), variables.end(), [&](const auto& v) { return v.type == variable; });
}

// Each CPU's run queue has its number.
void number_run_queues(const btf::Btf& types, btf::TypeId type, char* first, std::uint32_t distance, unsigned cpus) {
  for (const btf::Member& member : types.members(types.type(type))) {
    if (member.name != "cpu" || types.size_of(member.type) != sizeof(std::uint32_t)) continue;
    for (std::uint32_t cpu = 0; cpu < cpus; ++cpu)
      std::memcpy(first + std::size_t{distance} * cpu + member.byte_offset(), &cpu, sizeof cpu);
  }
}

}  // namespace

World::World(std::shared_ptr<const btf::Btf> kernel, unsigned cpus, memory::AccountPtr account)
    : kernel_(std::move(kernel)),
      cpus_(cpus),
      account_(std::move(account)),
      objects_(*kernel_, account_ ? account_->shared_territory() : nullptr) {}

World::~World() {
  for (const auto& [of, at] : variables_)
    if (at != nullptr) calls::impl::drop_object(at);
}

void* World::described(std::string_view type, const std::string& as) {
  const std::lock_guard guard(lock_);
  if (const auto found = known_.find(type); found != known_.end()) return found->second;
  void* made = nullptr;
  std::string complaint;
  const auto description = describe::parse(as, complaint);
  if (const btf::TypeId id = kernel_->find(type, btf::Kind::struct_); id != 0 && description) {
    made = objects_.make(id, std::string(type));
    if (made != nullptr && (!objects_.put(*description, id, made, std::string(type)) || !objects_.connect()))
      made = nullptr;
  }
  known_.emplace(type, made);
  return made;
}

void* World::root_cgroup() {
  return described("cgroup", R"({"$name": "root", "level": 0, "kn": {"id": 1}, "self": {"cgroup": {"$ref": "root"}}})");
}
void* World::root_mem_cgroup() {
  return described("mem_cgroup", "{}");
}
void* World::executable() {
  return described("file", R"({"f_path": {"dentry": )" + dentry_of(own_executable()) + "}}");
}

std::uint64_t World::variable(const std::shared_ptr<const btf::Btf>& types, btf::TypeId variable) {
  const std::lock_guard guard(lock_);
  const auto [found, added] = variables_.emplace(std::pair(types.get(), variable), nullptr);
  if (added) {
    constexpr std::uint32_t least = 64;
    const btf::TypeId type = types->skip_modifiers(types->type(variable).type);
    const std::uint32_t size = std::max(types->size_of(type).value_or(0), least);
    const unsigned copies = is_per_cpu(*types, variable) ? cpus_ : 1;
    found->second = calls::impl::new_object(account_, size, copies);
    types_.push_back(types);
    if (found->second != nullptr && types->type(type).is_struct_or_union() && types->type(type).name == "rq")
      number_run_queues(*types, type, static_cast<char*>(found->second),
                        calls::impl::header_of_object(found->second).distance, copies);
  }
  return reinterpret_cast<std::uint64_t>(found->second);
}

}  // namespace skep
