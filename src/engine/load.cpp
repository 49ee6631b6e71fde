// See engine/engine.hpp.
#include "engine/engine.hpp"

namespace skep::engine {

std::shared_ptr<const runtime::Program> load(Engine& engine, runtime::Code code) {
  auto program = runtime::Program::make(std::move(code));
  program->attach(engine.compile(*program));
  return program;
}

}  // namespace skep::engine
