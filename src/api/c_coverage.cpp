// skep.h: which lines of C programs run. Tested by tests/python/plugin_test.py.
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "api/c_handles.hpp"
#include "api/coverage.hpp"

using skep::c::fail;
using skep::c::give_text;
using skep::c::protect;

struct skep_coverage {
  ~skep_coverage() {
    for (const auto& kernel : kernels)
      if (const auto there = kernel.lock()) skep::observe_runs(*there, nullptr);
  }
  skep::api::Coverage coverage;
  std::vector<std::weak_ptr<skep::Kernel>> kernels;  // whose runs are counted
};

int skep_coverage_open(skep_coverage** coverage) {
  return protect([&] {
    *coverage = std::make_unique<skep_coverage>().release();
    return 0;
  });
}
int skep_coverage_attach(skep_coverage* coverage, skep_kernel* kernel) {
  return protect([&] {
    coverage->kernels.emplace_back(kernel->kernel);
    coverage->coverage.attach(*kernel->kernel);
    return 0;
  });
}
int skep_coverage_detach(skep_coverage* coverage, skep_kernel* kernel) {
  return protect([&] {
    skep::observe_runs(*kernel->kernel, nullptr);
    std::erase_if(coverage->kernels, [&](const auto& one) { return one.expired() || one.lock() == kernel->kernel; });
    coverage->coverage.collect();
    return 0;
  });
}
int skep_coverage_note(skep_coverage* coverage, skep_kernel* kernel, skep_object* object) {
  return protect([&] {
    coverage->coverage.note(*kernel->kernel, object->object);
    return 0;
  });
}
int skep_coverage_write(skep_coverage* coverage, const char* path, const char* source_root, bool add) {
  return protect([&] {
    coverage->coverage.collect();
    if (add) {
      std::ifstream in(path, std::ios::binary);
      const std::string there((std::istreambuf_iterator<char>(in)), {});
      if (in && !coverage->coverage.add_lcov(there))
        return fail(EINVAL, std::string(path) + ": is no tracefile of lcov's");
    }
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << coverage->coverage.lcov(source_root != nullptr ? source_root : "");
    out.close();
    return out ? 0 : fail(EIO, std::string(path) + ": cannot be written");
  });
}
long skep_coverage_summary(skep_coverage* coverage, char* text, size_t room) {
  std::string lines;
  const int error = protect([&] {
    coverage->coverage.collect();
    for (const std::string& line : coverage->coverage.summary()) lines += line + "\n";
    return 0;
  });
  return error != 0 ? error : give_text(lines, text, room);
}
void skep_coverage_close(skep_coverage* coverage) {
  const std::unique_ptr<skep_coverage> ended(coverage);
}
