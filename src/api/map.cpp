// Maps by element and ring buffers by record. Tested by tests/api/map_test.cpp.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "api/state.hpp"

namespace skep {
namespace {

using api::failure;

const std::string& no_name() {
  static const std::string none;
  return none;
}

}  // namespace

Map::Map() = default;
Map::Map(std::shared_ptr<const api::MapState> state) : state_(std::move(state)) {}
const std::string& Map::name() const {
  return state_ ? state_->name : no_name();
}
MapType Map::type() const {
  return state_ ? state_->type : MapType::unspec;
}
std::uint32_t Map::id() const {
  return state_ ? state_->id : 0;
}
std::size_t Map::key_size() const {
  return state_ ? state_->key_size : 0;
}
std::size_t Map::value_size() const {
  return state_ ? state_->value_size : 0;
}
std::size_t Map::max_entries() const {
  return state_ ? state_->max_entries : 0;
}
bool Map::per_cpu() const {
  return state_ && state_->per_cpu;
}
int Map::fd() const {
  return state_ ? state_->fd : -1;
}
std::size_t Map::cpus() const {
  return state_ ? state_->object->kernel->cpus() : 0;
}

Status Map::check(std::size_t key_size, std::size_t value_size) const {
  if (!state_) return api::empty_handle();
  const auto wrong = [&](const char* what, std::size_t given, std::size_t its) {
    return Status(EINVAL, fmt::format("map '{}': its {} has {} bytes, not {}", state_->name, what, its, given));
  };
  if (key_size != state_->key_size) return wrong("key", key_size, state_->key_size);
  const std::size_t its =
      state_->per_cpu ? (state_->value_size + std::size_t{7}) / 8 * 8 * cpus() : std::size_t{state_->value_size};
  if (value_size != its) return wrong(state_->per_cpu ? "value, for all CPUs," : "value", value_size, its);
  return {};
}

Result<bool> Map::read(const void* key, std::size_t key_size, void* value, std::size_t value_size) const {
  if (Status fit = check(key_size, value_size); !fit) return fit;
  if (bpf_map_lookup_elem(state_->fd, key, value) == 0) return true;
  if (errno == ENOENT) return false;
  return failure(errno, fmt::format("map '{}': lookup", state_->name));
}

Status Map::write(const void* key, std::size_t key_size, const void* value, std::size_t value_size, Update how) const {
  if (Status fit = check(key_size, value_size); !fit) return fit;
  if (bpf_map_update_elem(state_->fd, key, value, static_cast<std::uint64_t>(how)) == 0) return {};
  return failure(errno, fmt::format("map '{}': update", state_->name));
}

Result<bool> Map::remove(const void* key, std::size_t key_size) const {
  if (!state_) return api::empty_handle();
  if (key_size != state_->key_size)
    return Status(EINVAL,
                  fmt::format("map '{}': its key has {} bytes, not {}", state_->name, state_->key_size, key_size));
  if (bpf_map_delete_elem(state_->fd, key) == 0) return true;
  if (errno == ENOENT) return false;
  return failure(errno, fmt::format("map '{}': delete", state_->name));
}

Result<bool> Map::next_key(const void* key, void* next, std::size_t key_size) const {
  if (!state_) return api::empty_handle();
  if (key_size != state_->key_size)
    return Status(EINVAL,
                  fmt::format("map '{}': its key has {} bytes, not {}", state_->name, state_->key_size, key_size));
  if (bpf_map_get_next_key(state_->fd, key, next) == 0) return true;
  if (errno == ENOENT) return false;
  return failure(errno, fmt::format("map '{}': iteration", state_->name));
}

Result<Link> Map::attach() const {
  if (!state_) return api::empty_handle();
  const KernelBinding binding(*state_->object->kernel);
  const loader::KeepWarnings quiet;
  bpf_link* link = bpf_map__attach_struct_ops(state_->map);
  if (link == nullptr) return failure(errno, fmt::format("map '{}' was not attached", state_->name));
  auto state = std::make_shared<api::LinkState>();
  state->object = state_->object;
  state->link = link;
  bpf_link_info info{};
  __u32 size = sizeof info;
  if ((bpf_map__map_flags(state_->map) & map_flag::link) != 0 &&
      bpf_link_get_info_by_fd(bpf_link__fd(link), &info, &size) == 0)
    state->id = info.id;
  return Link(std::move(state));
}

// ---- ring buffers

struct api::RingState {
  ~RingState() { ring_buffer__free(ring); }
  std::shared_ptr<const MapState> map;
  ring_buffer* ring = nullptr;
  const RingBuffer::Consumer* consumer = nullptr;  // during consume()
  std::size_t taken = 0;
  bool stopped = false, threw = false;
};

namespace {

int take(void* context, void* data, size_t size) {
  auto& state = *static_cast<api::RingState*>(context);
  ++state.taken;
  try {
    state.stopped = !(*state.consumer)({static_cast<const std::uint8_t*>(data), size});
  } catch (...) {
    state.stopped = state.threw = true;
  }
  return state.stopped ? -ECANCELED : 0;
}

}  // namespace

RingBuffer::RingBuffer() = default;
RingBuffer::RingBuffer(std::shared_ptr<api::RingState> state) : state_(std::move(state)) {}

Result<RingBuffer> RingBuffer::open(const Map& map) {
  if (!map.state_) return api::empty_handle();
  if (map.type() != MapType::ringbuf)
    return Status(EINVAL, fmt::format("map '{}' is no ring buffer (BPF_MAP_TYPE_RINGBUF)", map.name()));
  auto state = std::make_shared<api::RingState>();
  state->map = map.state_;
  const loader::KeepWarnings quiet;
  state->ring = ring_buffer__new(map.fd(), take, state.get(), nullptr);
  if (state->ring == nullptr) return failure(errno, fmt::format("map '{}' cannot be read", map.name()));
  return RingBuffer(std::move(state));
}

Result<std::size_t> RingBuffer::consume(const Consumer& consumer) const {
  if (!state_) return api::empty_handle();
  state_->consumer = &consumer;
  state_->taken = 0;
  state_->stopped = state_->threw = false;
  const int result = ring_buffer__consume(state_->ring);
  state_->consumer = nullptr;
  state_->map->object->kernel->refresh_poll_state();
  if (state_->threw)
    return Status(ECANCELED, "the consumer threw an exception; the records after that one are still there");
  if (result < 0 && !state_->stopped) return failure(result, fmt::format("map '{}' cannot be read", state_->map->name));
  return state_->taken;
}

int RingBuffer::fd() const {
  return state_ ? state_->map->fd : -1;
}

}  // namespace skep
