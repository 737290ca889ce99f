-- Documents with long texts, attachments, and the Storage service's rows of their files.
insert into public.documentos (id, empresa_id, autor_id, titulo, corpo, criado_em)
  select md5('documento ' || i)::uuid, pg_temp.empresa(i), md5('vendedor ' || 1 + pg_temp.sorteio(i, 1, 8))::uuid,
         pg_temp.escolha(array['Contrato de fornecimento', 'Ata de reunião', 'Política comercial', 'Laudo técnico'], i, 2) || ' nº ' || i,
         (select string_agg(pg_temp.escolha(array[
            'As partes declaram ter lido e aceito as condições de entrega.',
            'O prazo de pagamento conta da emissão da nota fiscal.',
            'Divergências de volume serão comunicadas em até dois dias úteis.',
            'O reajuste segue o índice acordado e não é retroativo.',
            'Fica eleito o foro da comarca da contratante.'], i * 1000 + n, 3) || ' § ' || md5((i * 1000 + n)::text), E'\n')
            from generate_series(1, 12 + pg_temp.sorteio(i, 4, 100)) n),
         pg_temp.ultimo_dia() - make_interval(days => pg_temp.sorteio(i, 5, 700))
    from generate_series(1, pg_temp.parte(0.7)) i;

insert into public.anexos (id, documento_id, nome, tipo, conteudo)
  select md5('anexo ' || i)::uuid, md5('documento ' || i)::uuid, 'assinatura-' || i || '.bin', 'application/octet-stream',
         (select string_agg(decode(md5((i * 1000 + n)::text), 'hex'), '' order by n)
            from generate_series(1, 8 + pg_temp.sorteio(i, 1, 200)) n)
    from generate_series(1, pg_temp.parte(0.3)) i;

insert into storage.buckets (id, name, public, created_at, updated_at) values
  ('anexos', 'anexos', false, '2024-01-02', '2024-01-02'), ('logos', 'logos', true, '2024-01-02', '2024-01-02')
  on conflict (id) do nothing;
insert into storage.objects (id, bucket_id, name, metadata, version, created_at, updated_at, last_accessed_at)
  select md5('objeto ' || i)::uuid, 'anexos', pg_temp.empresa(i) || '/' || md5('documento ' || i)::uuid || '/assinatura.bin',
         jsonb_build_object('size', 128 + pg_temp.sorteio(i, 1, 3200), 'mimetype', 'application/octet-stream'), md5('versao ' || i),
         quando, quando, quando
    from generate_series(1, pg_temp.parte(0.3)) i,
         lateral (select pg_temp.ultimo_dia() - make_interval(days => pg_temp.sorteio(i, 5, 700)) as quando) q;
