// See engine/engine.hpp.
#include "engine/engine.hpp"

namespace skep::engine {

std::shared_ptr<const runtime::Program> load(Engine& engine, runtime::Code code) {
  auto program = runtime::Program::make(std::move(code));
  program->attach(engine.compile(*program));
  return program;
}

std::uint64_t Run::repeat(async::Seat& seat, std::uint64_t r1) {
  restart({r1});
  run_to_end(seat);
  return result();
}

}  // namespace skep::engine
