import { useQuery } from "@apollo/client/react";
import { TicketsDocument } from "../generated/graphql.ts";

/** Reads the tickets of a page, up to 100 in one request, and again every 10 seconds. Null stands for each that is not known. */
export function useTickets(ids: string[]) {
  const { data, error } = useQuery(TicketsDocument, { variables: { ids }, pollInterval: 10_000 });
  return { tickets: data?.tickets ?? [], error };
}
