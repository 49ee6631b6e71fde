// skep.h: objects, programs, links, maps and ring buffers. Tested by tests/api/c_test.cpp.
#include <bpf/bpf.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "api/c_handles.hpp"
#include "skep/describe.hpp"

using skep::c::answer;
using skep::c::fail;
using skep::c::hand_out;
using skep::c::protect;
using skep::c::take_back;

int skep_object_load(skep_kernel* kernel, const char* path, skep_object** object) {
  return protect([&] { return hand_out(object, skep::Object::load(kernel->kernel, path)); });
}
int skep_object_load_bytes(skep_kernel* kernel, const void* bytes, size_t size, const char* name,
                           skep_object** object) {
  return protect([&] {
    skep::LoadOptions options;
    if (name != nullptr) options.name = name;
    const std::span given(static_cast<const std::uint8_t*>(bytes), size);
    return hand_out(object, skep::Object::load(kernel->kernel, given, options));
  });
}
namespace {

std::vector<std::pair<std::string, std::string>> pairs(const char* const* list) {
  std::vector<std::pair<std::string, std::string>> all;
  for (; list != nullptr && list[0] != nullptr && list[1] != nullptr; list += 2) all.emplace_back(list[0], list[1]);
  return all;
}

}  // namespace

int skep_object_load_with(skep_kernel* kernel, const char* path, const void* bytes, size_t size,
                          const skep_load_options* options, skep_object** object) {
  return protect([&] {
    const skep_load_options given = skep::c::known_part(options);
    skep::LoadOptions wanted{.globals = pairs(given.globals), .records = pairs(given.records)};
    if (given.name != nullptr) wanted.name = given.name;
    for (auto* program = given.programs; program != nullptr && *program != nullptr; ++program)
      wanted.programs.emplace_back(*program);
    if (path != nullptr) return hand_out(object, skep::Object::load(kernel->kernel, path, wanted));
    const std::span from(static_cast<const std::uint8_t*>(bytes), size);
    return hand_out(object, skep::Object::load(kernel->kernel, from, wanted));
  });
}
void skep_object_each_program(skep_object* object, void (*visit)(void* user, const char* name), void* user) {
  protect([&] {
    for (const skep::Program& program : object->object.programs()) visit(user, program.name().c_str());
    return 0;
  });
}
void skep_object_each_map(skep_object* object, void (*visit)(void* user, const char* name), void* user) {
  protect([&] {
    for (const skep::Map& map : object->object.maps()) visit(user, map.name().c_str());
    return 0;
  });
}
void skep_object_close(skep_object* object) {
  take_back(object);
}
int skep_object_program(skep_object* object, const char* name, skep_program** program) {
  return protect([&] { return hand_out(program, object->object.program(name)); });
}
int skep_object_map(skep_object* object, const char* name, skep_map** map) {
  return protect([&] { return hand_out(map, object->object.map(name)); });
}

int skep_program_run(skep_program* program, skep_run* run) {
  return protect([&] {
    skep_run given = skep::c::known_part(run);
    skep::RunInput input;
    input.packet = {static_cast<const std::uint8_t*>(given.packet), given.packet_size};
    input.context = {static_cast<const std::uint8_t*>(given.context), given.context_size};
    input.repeat = std::max<std::uint32_t>(given.repeat, 1);
    if (given.max_instructions != 0 || given.max_time_ns != 0)
      input.limits = skep::RunLimits{given.max_instructions, given.max_time_ns};
    if (given.described != nullptr) input.described = given.described;
    if (given.target != nullptr) input.target = given.target;
    std::optional<skep::RunCpuScope> cpu;
    if (given.on_cpu) cpu.emplace(given.cpu);
    const auto result = program->program.run(input);
    if (!result) return answer(result.status());
    given.verdict = result->verdict;
    given.duration_ns = static_cast<std::uint64_t>(result->duration.count());
    given.packet_out_length = result->packet.size();
    given.context_out_length = result->context.size();
    if (!result->context.empty() && given.context != nullptr)
      std::memcpy(given.context, result->context.data(), std::min(given.context_size, result->context.size()));
    const std::size_t shown = std::min(given.packet_out_size, result->packet.size());
    if (given.packet_out != nullptr && shown != 0) std::memcpy(given.packet_out, result->packet.data(), shown);
    std::memcpy(run, &given, std::min(run->size, sizeof given));
    if (given.packet_out != nullptr && shown < result->packet.size())
      return fail(ENOSPC, "the packet has grown: give a larger packet_out");
    return 0;
  });
}
int skep_program_attach(skep_program* program, const char* target, skep_link** link) {
  return protect([&] {
    skep::AttachOptions options;
    if (target != nullptr) options.target = target;
    return hand_out(link, program->program.attach(options));
  });
}
int skep_program_attach_to(skep_program* program, int target_fd, skep_link** link) {
  return protect([&] { return hand_out(link, program->program.attach({.target_fd = target_fd})); });
}
const char* skep_program_type(const skep_program* program) {
  return skep::program_type_name(program->program.type());
}
const char* skep_program_verdict_name(const skep_program* program, uint32_t verdict) {
  return skep::verdict_name(program->program.type(), verdict);
}
uint32_t skep_program_id(const skep_program* program) {
  return program->program.id();
}
int skep_program_fd(const skep_program* program) {
  return program->program.fd();
}
void skep_program_close(skep_program* program) {
  take_back(program);
}

int skep_link_fire(skep_link* link, void* context, size_t size, uint32_t* verdict) {
  return protect([&] {
    const auto result = link->link.fire(context, size);
    if (result && verdict != nullptr) *verdict = *result;
    return answer(result.status());
  });
}
int skep_link_detach(skep_link* link) {
  return protect([&] { return answer(link->link.detach()); });
}
void skep_link_close(skep_link* link) {
  take_back(link);
}

uint32_t skep_map_id(const skep_map* map) {
  return map->map.id();
}
int skep_map_fd(const skep_map* map) {
  return map->map.fd();
}
size_t skep_map_key_size(const skep_map* map) {
  return map->map.key_size();
}
size_t skep_map_value_size(const skep_map* map) {
  const std::size_t size = map->map.value_size();
  return map->map.per_cpu() ? (size + 7) / 8 * 8 * map->map.cpus() : size;
}
uint32_t skep_map_type(const skep_map* map) {
  return static_cast<uint32_t>(map->map.type());
}
size_t skep_map_max_entries(const skep_map* map) {
  return map->map.max_entries();
}
size_t skep_map_cpus(const skep_map* map) {
  return map->map.per_cpu() ? map->map.cpus() : 0;
}
namespace {

int found(const skep::Result<bool>& result, const char* otherwise) {
  if (!result) return answer(result.status());
  return *result ? 0 : fail(ENOENT, otherwise);
}

}  // namespace
int skep_map_lookup(skep_map* map, const void* key, size_t key_size, void* value, size_t value_size) {
  return protect([&] { return found(map->map.read(key, key_size, value, value_size), "the map has no such key"); });
}
int skep_map_update(skep_map* map, const void* key, size_t key_size, const void* value, size_t value_size,
                    uint64_t flags) {
  return protect(
      [&] { return answer(map->map.write(key, key_size, value, value_size, static_cast<skep::Update>(flags))); });
}
int skep_map_delete(skep_map* map, const void* key, size_t key_size) {
  return protect([&] { return found(map->map.remove(key, key_size), "the map has no such key"); });
}
int skep_map_next_key(skep_map* map, const void* key, void* next, size_t key_size) {
  return protect([&] { return found(map->map.next_key(key, next, key_size), "that was the last key"); });
}
int skep_map_attach(skep_map* map, skep_link** link) {
  return protect([&] { return hand_out(link, map->map.attach()); });
}
void skep_map_close(skep_map* map) {
  take_back(map);
}

int skep_ring_open(skep_map* map, skep_ring** ring) {
  return protect([&] { return hand_out(ring, skep::RingBuffer::open(map->map)); });
}
long skep_ring_consume(skep_ring* ring, int (*consumer)(void* user, const void* record, size_t size), void* user) {
  long taken = 0;
  const int error = protect([&] {
    const auto result = ring->ring.consume([consumer, user](std::span<const std::uint8_t> record) {
      return consumer(user, record.data(), record.size()) == 0;
    });
    if (result) taken = static_cast<long>(*result);
    return answer(result.status());
  });
  return error != 0 ? error : taken;
}
int skep_ring_fd(const skep_ring* ring) {
  return ring->ring.fd();
}
void skep_ring_close(skep_ring* ring) {
  take_back(ring);
}
