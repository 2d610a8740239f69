#include <fmt/format.h>

#include <memory>

#include "unroll/tools/classifier/text_cache.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/use/data_commands.h"

namespace unroll {

namespace {

struct DataCacheFlags {
  std::string folder = "runs/unroll-cache";
  bool clear = false;
};

void list(const std::string& folder) {
  std::size_t bytes = 0;
  const std::vector<CachedTexts> all = cached_texts(folder);
  for (const CachedTexts& texts : all) {
    bytes += texts.bytes;
    const std::string what = texts.damage.empty()
                                 ? fmt::format("{} rows of {}", texts.rows, texts.texts)
                                 : "damaged: it is made anew when it is wanted";
    print("{}  {:>10}  {}\n", texts.file.filename().string(), mib_text(texts.bytes), what);
  }
  print("{} files, {}\n", all.size(), mib_text(bytes));
}

void cache_command(const DataCacheFlags& flags) {
  require_stdout();
  if (!flags.clear) return list(flags.folder);
  print("{} freed\n", mib_text(clear_cache(flags.folder)));
}

}  // namespace

void add_data_cache_command(CLI::App& data, int& status) {
  const auto flags = std::make_shared<DataCacheFlags>();
  CLI::App* command = data.add_subcommand(
      "cache", "List the texts that `unroll train --stream` keeps as ids for later runs");
  command
      ->add_option("folder", flags->folder, "The folder of --cache, or unroll-cache next to --out")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--clear", flags->clear, "Remove them");
  command->callback([flags, &status] {
    cache_command(*flags);
    status = 0;
  });
}

}  // namespace unroll
