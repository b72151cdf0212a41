import { useEffect, useState } from 'preact/hooks';
import { type Loaded, useLoad } from '../api/use-load.js';
import type { Graph } from '../api/wire.js';
import { useFeed } from '../live/use-feed.js';

/** Events come in bursts. */
const REFRESH_MS = 600;
/** A large graph is loaded again less often. */
const REFRESH_MS_PER_NODE = 0.8;

/** Loads a graph, and loads it again when the ledger has recorded more: the old one stays until the new one is there. */
export function useGrowing(
  key: string,
  load: (signal: AbortSignal) => Promise<Graph>,
): Loaded<Graph> & { readonly reload: () => void } {
  const first = useLoad(key, load);
  const [grown, setGrown] = useState<{ readonly key: string; readonly graph: Graph }>();
  const { lastIndex } = useFeed();
  const current = grown?.key === key ? grown.graph : first.state === 'ready' ? first.value : undefined;
  const size = current?.nodes.length ?? 0;
  useEffect(() => {
    if (lastIndex === undefined || size === 0) return undefined;
    const controller = new AbortController();
    const refresh = () => {
      load(controller.signal).then(
        // What has not grown is not drawn again.
        (graph) => {
          if (graph.nodes.length !== size) setGrown({ key, graph });
        },
        () => undefined, // the next event tries again
      );
    };
    const timer = setTimeout(refresh, REFRESH_MS + size * REFRESH_MS_PER_NODE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, lastIndex, size]);
  return current ? { state: 'ready', value: current, reload: first.reload } : first;
}
