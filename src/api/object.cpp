// Loading: what libbpf does with a file, bound to a Kernel, and what went wrong in words. Tested by
// tests/api/object_test.cpp.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "api/state.hpp"

namespace skep {
namespace api {

Status failure(int code, const std::string& what) {
  code = std::abs(code);
  const std::string why = Kernel::refusal();
  return {code, fmt::format("{}: {}{}{}", what, std::strerror(code), why.empty() ? "" : ": ", why)};
}

Status empty_handle() {
  return {EBADF, "this handle is empty: it was default-made or moved from"};
}

}  // namespace api

namespace {

using api::MapState;
using api::ObjectState;
using api::ProgramState;

bool is_per_cpu(MapType type) {
  return type == MapType::percpu_hash || type == MapType::percpu_array || type == MapType::lru_percpu_hash ||
         type == MapType::percpu_cgroup_storage;
}

std::shared_ptr<const ProgramState> state_of(const std::shared_ptr<const ObjectState>& object, bpf_program* program) {
  auto state = std::make_shared<ProgramState>();
  state->object = object;
  state->program = program;
  state->name = bpf_program__name(program);
  state->type = static_cast<ProgType>(bpf_program__type(program));
  state->fd = bpf_program__fd(program);
  bpf_prog_info info{};
  __u32 size = sizeof info;
  if (state->fd >= 0 && bpf_prog_get_info_by_fd(state->fd, &info, &size) == 0) state->id = info.id;
  return state;
}

std::shared_ptr<const MapState> state_of(const std::shared_ptr<const ObjectState>& object, bpf_map* map) {
  auto state = std::make_shared<MapState>();
  state->object = object;
  state->map = map;
  state->name = bpf_map__name(map);
  state->type = static_cast<MapType>(bpf_map__type(map));
  state->fd = bpf_map__fd(map);
  bpf_map_info info{};
  __u32 size = sizeof info;
  if (state->fd >= 0 && bpf_map_get_info_by_fd(state->fd, &info, &size) == 0) {
    state->id = info.id;
    state->key_size = info.key_size;
    state->value_size = info.value_size;
    state->max_entries = info.max_entries;
    state->type = static_cast<MapType>(info.type);  // sections of each CPU's data are loaded as arrays
  }
  state->per_cpu = is_per_cpu(state->type);
  if (object->types != nullptr) state->types = loader::types_of(*object->types, map);
  if (const auto record = object->records.find(state->name); record != object->records.end())
    state->record = record->second;
  return state;
}

Result<std::shared_ptr<const ObjectState>> make_state(std::shared_ptr<Kernel> kernel, loader::ObjectPtr loaded,
                                                      std::string name, std::shared_ptr<const btf::Btf> types,
                                                      const LoadOptions& options) {
  auto state = std::make_shared<ObjectState>();
  state->kernel = std::move(kernel);
  state->object = std::move(loaded);
  state->name = std::move(name);
  state->types = std::move(types);
  for (const auto& [map, type] : options.records) {
    const btf::TypeId found = state->types != nullptr ? loader::find_type(*state->types, type) : 0;
    if (found == 0) return Status(EINVAL, fmt::format("{}: its types have no {}", state->name, type));
    if (bpf_object__find_map_by_name(state->object.get(), map.c_str()) == nullptr)
      return Status(EINVAL, fmt::format("{}: has no map '{}'", state->name, map));
    state->records[map] = found;
  }
  return std::shared_ptr<const ObjectState>(std::move(state));
}

// Why loading failed: the verifier's words if it was the verifier, else libbpf's first.
Status load_failure(Kernel& kernel, bpf_object* object, const std::string& name, int code) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    const std::string program_name = bpf_program__name(program);
    const Kernel::LoadReport report = kernel.last_load(program_name);
    if (report.error == 0) continue;
    const std::string unresolved = loader::take_unresolved();
    std::string message = fmt::format("{}: program '{}' was refused: {}", name, program_name,
                                      unresolved.empty() ? report.message : unresolved);
    if (!report.reason.empty()) message += "; " + report.reason;
    if (!report.suggestion.empty()) message += "; " + report.suggestion;
    return {std::abs(code), std::move(message)};
  }
  const std::string warned = loader::take_first_warning();
  return api::failure(code, fmt::format("{}: cannot be loaded{}{}", name, warned.empty() ? "" : ": ", warned));
}

Result<std::shared_ptr<const ObjectState>> load_opened(std::shared_ptr<Kernel> kernel, loader::ObjectPtr opened,
                                                       const std::string& name, const LoadOptions& options) {
  loader::adapt(*kernel, opened.get());
  bpf_program* program = nullptr;
  std::vector<std::string> missing = options.programs;
  if (!options.programs.empty()) bpf_object__for_each_program(program, opened.get()) {
      const bool wanted = std::ranges::find(options.programs, bpf_program__name(program)) != options.programs.end();
      bpf_program__set_autoload(program, wanted);
      std::erase(missing, bpf_program__name(program));
    }
  if (!missing.empty()) return Status(ENOENT, fmt::format("{}: has no program '{}'", name, missing.front()));
  // Tests that stand beside the programs (skep/test.h) are the test bench's, which knows their types.
  bpf_object__for_each_program(program, opened.get()) {
    const std::string_view section = bpf_program__section_name(program);
    if (bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC && section.find("/test/") != std::string_view::npos)
      bpf_program__set_autoload(program, false);
  }
  auto types = loader::types_of(opened.get());
  for (const auto& [variable, value] : options.globals) {
    std::string error = "the object has no types";
    if (types == nullptr || !loader::set_global(opened.get(), *types, variable, value, error))
      return Status(EINVAL, fmt::format("{}: {}", name, error));
  }
  // A table of functions brings its programs with it, which were not asked for.
  bpf_map* map = nullptr;
  if (!options.programs.empty()) bpf_object__for_each_map(map, opened.get()) {
      if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS) bpf_map__set_autocreate(map, false);
    }
  loader::take_first_warning();
  loader::take_unresolved();
  kernel->forget_last_load();
  if (const int error = bpf_object__load(opened.get()); error != 0)
    return load_failure(*kernel, opened.get(), name, error);
  return make_state(std::move(kernel), std::move(opened), name, std::move(types), options);
}

Status no_such(const ObjectState& object, const char* kind, std::string_view name,
               const std::vector<std::string>& there) {
  return {ENOENT,
          fmt::format("{}: no {} '{}' is loaded; there {}: {}", object.name, kind, name, there.empty() ? "is" : "are",
                      there.empty() ? "none" : fmt::format("{}", fmt::join(there, ", ")))};
}

Status no_kernel() {
  return {EINVAL, "no Kernel to load into: give what make_kernel() gave"};
}

}  // namespace

Result<std::shared_ptr<Kernel>> make_kernel(const KernelOptions& options) {
  std::string error;
  std::unique_ptr<Kernel> kernel = Kernel::make(options, error);
  if (!kernel) return Status(EINVAL, error);
  return std::shared_ptr<Kernel>(std::move(kernel));
}

Result<Object> api::object_of(std::shared_ptr<Kernel> kernel, bpf_object* loaded, const LoadOptions& options) {
  auto types = loader::types_of(loaded);
  auto state = make_state(std::move(kernel), loader::ObjectPtr(loaded), options.name, std::move(types), options);
  if (!state) return state.status();
  return Object(std::move(*state));
}

Object::Object() = default;
Object::Object(std::shared_ptr<const ObjectState> state) : state_(std::move(state)) {}

Result<Object> Object::load(std::shared_ptr<Kernel> kernel, const std::string& path, const LoadOptions& options) {
  if (!kernel) return no_kernel();
  const KernelBinding binding(*kernel);
  const loader::KeepWarnings quiet;
  std::string error;
  loader::ObjectPtr opened = loader::open_object(path, error);
  if (!opened) return Status(errno, error);
  auto state = load_opened(std::move(kernel), std::move(opened), path, options);
  if (!state) return state.status();
  return Object(std::move(*state));
}

Result<Object> Object::load(std::shared_ptr<Kernel> kernel, std::span<const std::uint8_t> bytes,
                            const LoadOptions& options) {
  if (!kernel) return no_kernel();
  const KernelBinding binding(*kernel);
  const loader::KeepWarnings quiet;
  const std::string name = options.name.empty() ? "object" : options.name;
  std::string error;
  loader::ObjectPtr opened = loader::open_object(bytes, name, error);
  if (!opened) return Status(errno, error);
  auto state = load_opened(std::move(kernel), std::move(opened), name, options);
  if (!state) return state.status();
  return Object(std::move(*state));
}

std::vector<Program> Object::programs() const {
  std::vector<Program> all;
  if (!state_) return all;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, state_->object.get()) if (bpf_program__fd(program) >= 0)
      all.push_back(Program(state_of(state_, program)));
  return all;
}

std::vector<Map> Object::maps() const {
  std::vector<Map> all;
  if (!state_) return all;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, state_->object.get()) if (bpf_map__fd(map) >= 0)
      all.push_back(Map(state_of(state_, map)));
  return all;
}

Result<Program> Object::program(std::string_view name) const {
  if (!state_) return api::empty_handle();
  const std::string wanted(name);
  bpf_program* found = bpf_object__find_program_by_name(state_->object.get(), wanted.c_str());
  if (found != nullptr && bpf_program__fd(found) >= 0) return Program(state_of(state_, found));
  std::vector<std::string> there;
  for (const Program& program : programs()) there.push_back(program.name());
  return no_such(*state_, "program", name, there);
}

Result<Map> Object::map(std::string_view name) const {
  if (!state_) return api::empty_handle();
  const std::string wanted(name);
  bpf_map* found = bpf_object__find_map_by_name(state_->object.get(), wanted.c_str());
  if (found != nullptr && bpf_map__fd(found) >= 0) return Map(state_of(state_, found));
  std::vector<std::string> there;
  for (const Map& map : maps()) there.push_back(map.name());
  return no_such(*state_, "map", name, there);
}

Result<std::vector<Link>> Object::attach() const {
  if (!state_) return api::empty_handle();
  std::vector<Link> links;
  for (const Program& program : programs()) {
    if (program.type() == ProgType::struct_ops || !bpf_program__autoattach(program.state_->program)) continue;
    auto link = program.attach();
    if (!link && link.error() == ENOTSUP) continue;  // its section does not say where
    if (!link) return link.status();
    links.push_back(std::move(*link));
  }
  for (const Map& map : maps()) {
    if (map.type() != MapType::struct_ops) continue;
    auto link = map.attach();
    if (!link) return link.status();
    links.push_back(std::move(*link));
  }
  return links;
}

}  // namespace skep
